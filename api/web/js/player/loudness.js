// loudness.js - one loudness for all songs, and cross-fades, never above full scale.
//
// A song of L LUFS with a true peak of P dBTP is played by min(TARGET - L, CEILING - P) dB, so that
// a quiet one is only raised as far as its peaks allow.

const TARGET = -14; // LUFS: what the large services play at
const CEILING = -1; // dBTP, EBU R 128 section "maximum permitted true peak level"

const factor = (db) => 10 ** (db / 20);

export function gainOf({ loudness, true_peak }, normalise = true) {
  if (!normalise || !Number.isFinite(loudness)) return 1;
  const room = Number.isFinite(true_peak) ? CEILING - true_peak : 0;
  return factor(Math.min(TARGET - loudness, room));
}

// The highest value that comes out at this gain.
export const peakOf = ({ true_peak }, gain) => (Number.isFinite(true_peak) ? factor(true_peak) : 1) * gain;

// Two gains over time, of equal power where the peaks of both leave room, lower where they don't:
// their sum times the peaks is never above 1.
export function crossfade(peakOut, peakIn, steps = 64) {
  const out = new Float32Array(steps);
  const into = new Float32Array(steps);
  for (let i = 0; i < steps; i++) {
    const angle = (i / (steps - 1)) * (Math.PI / 2);
    const sum = Math.cos(angle) * peakOut + Math.sin(angle) * peakIn;
    const less = i === 0 || i === steps - 1 ? 1 : Math.min(1, 1 / sum);
    out[i] = Math.cos(angle) * less;
    into[i] = Math.sin(angle) * less;
  }
  return { out, into };
}
