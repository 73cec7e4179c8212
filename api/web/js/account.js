// account.js - log in, register, forgotten passwords, log out: a button in the header and one dialog.
// Mails lead back here as /#verify=TOKEN and /#reset=TOKEN.
import { forgot, logIn, logOut, onUser, register, reset, user, verify } from './api.js';
import { el } from './dom.js';

const field = (name, label, attributes) => el('label', {}, label, el('input', { name, required: true, ...attributes }));

// What the dialog is for: its heading, the fields that it shows, what it does; said afterwards.
const kinds = {
  login: { title: 'Log in', fields: ['email', 'password'], send: (s) => logIn(s.email, s.password) },
  register: {
    title: 'Create an account', fields: ['display_name', 'email', 'password'], send: (s) => register(s.email, s.password, s.display_name),
    done: 'We have sent you a mail. Its link opens your account.',
  },
  forgot: { title: 'Forgotten password', fields: ['email'], send: (s) => forgot(s.email), done: 'If there is such an account, a mail is on its way.' },
  reset: { title: 'New password', fields: ['password'], send: (s, token) => reset(token, s.password), done: 'Changed. You can log in now.' },
};
const others = { login: ['register', 'forgot'], register: ['login'], forgot: ['login'], reset: [] };

function dialog() {
  const message = el('p', { role: 'alert', hidden: true });
  const fields = {
    display_name: field('display_name', 'Name', { autocomplete: 'nickname', maxlength: 200 }),
    email: field('email', 'Email', { type: 'email', autocomplete: 'email', maxlength: 254 }),
    password: field('password', 'Password', { type: 'password', autocomplete: 'current-password', minlength: 8, maxlength: 256 }),
  };
  const heading = el('h2', { id: 'account-title' });
  const submit = el('button', { class: 'more', type: 'submit' });
  const links = el('span', {});
  const form = el('form', { method: 'dialog', onsubmit: send }, heading, ...Object.values(fields), message, el('p', { class: 'buttons' }, submit, links));
  const box = el('dialog', { 'aria-labelledby': 'account-title' }, form);
  let kind;
  let secret; // of a mail

  function say(text, problem) {
    message.textContent = text;
    message.className = problem ? 'problem' : 'soft';
    message.hidden = !text;
  }

  function turn(to, token) {
    kind = to;
    secret = token;
    heading.textContent = submit.textContent = kinds[kind].title;
    for (const [name, label] of Object.entries(fields)) label.hidden = label.querySelector('input').disabled = !kinds[kind].fields.includes(name);
    fields.password.querySelector('input').autocomplete = kind === 'login' ? 'current-password' : 'new-password';
    links.replaceChildren(...others[kind].map((k) => el('button', { class: 'plain', type: 'button', onclick: () => { turn(k); say(''); } }, kinds[k].title)));
  }

  async function send(event) {
    event.preventDefault();
    submit.disabled = true;
    try {
      const { done } = kinds[kind];
      await kinds[kind].send(Object.fromEntries(new FormData(form)), secret);
      form.reset();
      if (done) {
        turn('login');
        say(done);
      } else box.close();
    } catch (error) {
      say(error.message, true);
    } finally {
      submit.disabled = false;
    }
  }

  box.addEventListener('click', (event) => { if (event.target === box) box.close(); });
  function open(to, token, text = '', problem = false) {
    turn(to, token);
    say(text, problem);
    if (!box.open) box.showModal();
  }
  return { box, open };
}

// The token leaves the address before anything else is done.
async function fromMail(open) {
  const [, what, token] = location.hash.match(/^#(verify|reset)=([\w-]+)$/) ?? [];
  if (!what) return;
  history.replaceState(null, '', location.pathname);
  if (what === 'reset') open('reset', token);
  else await verify(token).then(() => open('login', undefined, 'Your address is verified. You can log in with it now.'), (error) => open('login', undefined, error.message, true));
}

export function account(place) {
  const { box, open } = dialog();
  document.body.append(box);
  function show() {
    const who = user();
    place.replaceChildren(...who
      ? [el('span', { class: 'soft who' }, who.display_name), el('button', { class: 'more', type: 'button', onclick: logOut }, 'Log out')]
      : [el('button', { class: 'more', type: 'button', onclick: () => open('login') }, 'Log in')]);
  }
  onUser(show);
  show();
  addEventListener('hashchange', () => fromMail(open));
  fromMail(open);
}
