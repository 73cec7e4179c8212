// words.js - why a file was not taken, by the API's stable codes; its own words where there is none here.

const reasons = {
  unsupported: 'This is no audio file that Segue can read. WAV, FLAC, MP3, AAC, ALAC, Opus and Vorbis are taken.',
  'too-large': 'The file is too large.',
  'too-long': 'The song is longer than an hour.',
  'too-short': 'The song is shorter than a second.',
  silent: 'There is nothing to be heard in it.',
  truncated: 'The file is cut off: some of it is missing.',
  damaged: 'The file is damaged.',
  'no-audio': 'There is no sound in this file.',
  streams: 'There are several recordings in this file.',
  channels: 'It has more channels than 5.1.',
  'sample-rate': 'Its sample rate is not taken.',
  encrypted: 'The file is encrypted.',
  polyglot: 'The file is something else besides audio.',
  crashed: 'The file could not be read safely.',
  'too-costly': 'The file takes too long to read.',
  duplicate: 'This recording is on Segue already.',
  'unknown-genre': 'There is no such genre.',
  'too-many-uploads': 'Too many uploads are under way. Wait until some are done.',
};

export const stages = { receiving: 'Sending', received: 'Waiting', processing: 'Working on it', ready: 'Ready', failed: 'Failed', refused: 'Not taken', cancelled: 'Cancelled' };

// Of an upload's record; of a problem, whose code is the reason and detail the error.
export const whyNot = ({ reason, error }) => [reasons[reason], error].filter(Boolean).join(' ') || 'It did not work. Try again later.';
