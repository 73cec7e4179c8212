// icons.js - the player's signs, drawn: fonts differ in which they have.

const SVG = 'http://www.w3.org/2000/svg';
const shapes = {
  play: 'M7 4v16l13-8z',
  pause: 'M6 4h4v16H6zM14 4h4v16h-4z',
  next: 'M5 4v16l10-8zM16 4h3v16h-3z',
  previous: 'M19 4v16L9 12zM5 4h3v16H5z',
  loud: 'M3 9v6h4l6 5V4L7 9zM15.5 8a5 5 0 0 1 0 8l1 1.6a7 7 0 0 0 0-11.2z',
  silent: 'M3 9v6h4l6 5V4L7 9zM16 9l5 6 1-1-5-6zM21 8l-5 6 1 1 5-6z',
  lyrics: 'M4 5h16v2H4zM4 9h10v2H4zM4 13h16v2H4zM4 17h8v2H4z',
  queue: 'M4 6h12v2H4zM4 11h12v2H4zM4 16h8v2H4zM18 11v6.2a2 2 0 1 0 1.4 1.8V13H22v-2z',
  devices: 'M3 5h13v2H5v8h8v2H3zM15 9h6v10h-6zM17 11v4h2v-4zM5 18h8v2H5z',
  like: 'M12 20.5 4.6 13a5 5 0 0 1 7.4-6.7A5 5 0 0 1 19.4 13zM12 17.7l6-6.1a3 3 0 0 0-4.6-3.9L12 9.2l-1.4-1.5A3 3 0 0 0 6 11.6z',
  liked: 'M12 20.5 4.6 13a5 5 0 0 1 7.4-6.7A5 5 0 0 1 19.4 13z',
  settings: 'M4 7h9v2H4zM17 7h3v2h-3zM13 5h2v6h-2zM4 15h3v2H4zM11 15h9v2h-9zM8 13h2v6H8z',
};

export function icon(name) {
  const svg = document.createElementNS(SVG, 'svg');
  for (const [key, value] of Object.entries({ viewBox: '0 0 24 24', width: 20, height: 20, fill: 'currentColor', 'aria-hidden': 'true' })) svg.setAttribute(key, value);
  const path = document.createElementNS(SVG, 'path');
  path.setAttribute('d', shapes[name]);
  path.setAttribute('fill-rule', name === 'like' ? 'evenodd' : 'nonzero');
  svg.append(path);
  return svg;
}
