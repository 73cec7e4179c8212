// abr.js - which rendition is fetched: by choice, or by the throughput that was measured.
//
// The rule is the source document's (section 6): below 500 kb/s 64, below 1,500 kb/s 128, else 320,
// looked at every 10 s. Shaka's own would take any rendition whose bit rate just fits, and its moving
// average of throughput, weighted by time, hardly notices that small segments come fast again.

export const CHECK_S = 10;
const SEGMENTS = 3; // that throughput is measured of: what is fetched between two looks
const SMALL = 8000; // bytes
const HURRY_S = 8;

export function bitrateFor(kbps) {
  if (kbps < 500) return 64;
  if (kbps < 1500) return 128;
  return 320;
}

const CHOSEN = { low: 64, normal: 128, high: 320 };
const codecOf = (variant) => variant.audio.codecs.split('.')[0].toLowerCase();

// What quality allows among the variants, by bandwidth: one codec, as far as there is one.
export function ladder(variants, quality) {
  const of = (codec) => variants.filter((v) => codecOf(v) === codec).sort((a, b) => a.bandwidth - b.bandwidth);
  const lossless = of('flac');
  if (quality === 'lossless' && lossless.length) return lossless;
  return [of('mp4a'), of('opus'), lossless].find((l) => l.length) ?? variants;
}

// The one whose nominal bit rate is nearest to what is wanted and not above it, or the lowest.
// A variant's bandwidth is its peak: some tenths above the nominal one.
export function choose(variants, quality, bitsPerSecond) {
  const steps = ladder(variants, quality);
  const want = quality === 'lossless' ? Infinity : CHOSEN[quality] ?? bitrateFor(bitsPerSecond / 1000);
  return steps.findLast((v) => v.bandwidth <= want * 1000 * 1.4) ?? steps[0];
}

// What the last segments took, all together: bits a second. Begins with what it was the last time.
export class Throughput {
  constructor(first) { this.first = first; this.last = []; }

  add(bytes, ms) {
    if (bytes < SMALL) return; // mostly waiting
    this.last = [...this.last.slice(1 - SEGMENTS), { bits: bytes * 8, ms: Math.max(ms, 1) }];
  }

  get bps() {
    if (!this.last.length) return this.first;
    return (this.last.reduce((n, s) => n + s.bits, 0) / this.last.reduce((n, s) => n + s.ms, 0)) * 1000;
  }
}

// quality(): asked at every choice, so that a change of mind is followed at the next segment.
// ahead(): seconds that lie ready; few of them hurry a step down.
export function abrManager(shaka, { quality, ahead, throughput }) {
  return class extends shaka.abr.SimpleAbrManager {
    init(turnTo) {
      this.turnTo = turnTo;
      super.init((variant, ...rest) => { this.chosen = variant; turnTo(variant, ...rest); });
    }

    setVariants(variants) {
      this.known = variants;
      return super.setVariants(variants);
    }

    getBandwidthEstimate() { return throughput.bps; }

    chooseVariant(...rest) {
      super.chooseVariant(...rest); // notes the time, for the interval
      return (this.chosen = choose(this.known, quality(), throughput.bps));
    }

    // At once; so many seconds of what lies ready are kept.
    rechoose(kept_s) {
      const before = this.chosen;
      if (this.known?.length && this.chooseVariant() !== before) this.turnTo(this.chosen, true, kept_s);
    }

    segmentDownloaded(ms, bytes, ...rest) {
      throughput.add(bytes, ms);
      super.segmentDownloaded(ms, bytes, ...rest);
      if (ahead() < HURRY_S && choose(this.known, quality(), throughput.bps).bandwidth < this.chosen?.bandwidth) this.turnTo(this.chooseVariant());
    }
  };
}
