// song_menu.js - what else can be done with a song.
import { user } from './api.js';
import { dialog } from './dialog.js';
import { el } from './dom.js';
import { isSaved, setSaved } from './library/saved.js';
import { keepButton } from './offline/view.js';
import { addToQueue, playNext, playRadio, say } from './player/player.js';
import { addToPlaylist } from './playlist/choose.js';

export function songMenu(song, origin) {
  const { song_id, title } = song;
  const artists = song.artists?.length ? song.artists : [song.artist].filter(Boolean);
  dialog(title, (close) => {
    const item = (text, action) => el('li', {}, el('button', { type: 'button', onclick: () => { close(); action(); } }, text));
    const link = (text, href) => el('li', {}, el('a', { href, onclick: close }, text));
    const mine = (action) => () => (user() ? action() : say('Log in to have a library.'));
    const liked = isSaved('song', song_id);
    return [el('ul', { class: 'choices' },
      item('Play next', () => playNext([song], origin)), item('Add to the queue', () => addToQueue([song], origin)),
      item(liked ? 'Unlike' : 'Like', mine(() => setSaved('song', song_id, !liked).then(() => say(liked ? 'Not liked any more.' : 'In your liked songs.'), (problem) => say(problem.message)))),
      item('Add to a playlist', mine(() => addToPlaylist([song_id], say))),
      item('Play a radio from it', () => playRadio(`song:${song_id}`)),
      ...artists.map((a) => link(`Go to ${a.name}`, `/artist/${a.artist_id}`)), song.album ? link(`Go to the album ${song.album.title}`, `/album/${song.album.album_id}`) : ''),
    el('p', {}, keepButton({ song_ids: [song_id] }, title))];
  });
}
