// wav.mjs - sound made for a test: WAV files of 16 bits, stereo.

const header = (rate, bytes) => {
  const h = Buffer.alloc(44);
  h.write('RIFF', 0);
  h.writeUInt32LE(36 + bytes, 4);
  h.write('WAVEfmt ', 8);
  h.writeUInt32LE(16, 16);
  h.writeUInt16LE(1, 20); // PCM
  h.writeUInt16LE(2, 22); // channels
  h.writeUInt32LE(rate, 24);
  h.writeUInt32LE(rate * 4, 28);
  h.writeUInt16LE(4, 32);
  h.writeUInt16LE(16, 34);
  h.write('data', 36);
  h.writeUInt32LE(bytes, 40);
  return h;
};

// sample(t): -1..1 at t seconds; the right side is half as loud.
export function wav(seconds, sample, rate = 32000) {
  const n = Math.round(seconds * rate);
  const data = Buffer.alloc(4 * n);
  for (let i = 0; i < n; i++) {
    const v = sample(i / rate);
    data.writeInt16LE(Math.round(32767 * v), 4 * i);
    data.writeInt16LE(Math.round(16000 * v), 4 * i + 2);
  }
  return Buffer.concat([header(rate, data.length), data]);
}

// A melody over noise: no encoder can make it small, and each seed's is another recording.
export function music(seed) {
  let state = (seed * 2654435761) >>> 0 || 1;
  const random = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
  for (let i = 0; i < 8; i++) random(); // near seeds part
  const notes = Array.from({ length: 997 }, () => 110 * 2 ** (Math.floor(random() * 30) / 12));
  return (t) => {
    const hz = notes[Math.floor(t * 5) % notes.length];
    return 0.3 * Math.sin(2 * Math.PI * hz * t) + 0.12 * Math.sin(2 * Math.PI * 3 * hz * t) + 0.15 * (random() - 0.5);
  };
}
