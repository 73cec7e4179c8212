// account.js - log in, register, forgotten passwords, another address, log out: buttons in the header and one
// dialog. Mails lead back here as /#verify=TOKEN and /#reset=TOKEN.
import { api, changeEmail, forgot, logIn, logOut, onUser, register, reset, user, verify } from './api.js';
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
  email: { title: 'Change your address', fields: ['email', 'password'], send: (s) => changeEmail(s.email, s.password).then(({ message }) => message), next: 'account' },
  account: { title: 'Your account', fields: [], submit: 'Close', send: () => {} },
};
const others = { login: ['register', 'forgot'], register: ['login'], forgot: ['login'], reset: [], email: [], account: ['email'] };

// Why it was refused, for who typed it.
function inWords(problem, kind) {
  if (problem.status === 429 && problem.retryAfter) return `Too many tries. Try again in ${problem.retryAfter < 120 ? `${problem.retryAfter} s` : `${Math.ceil(problem.retryAfter / 60)} minutes`}.`;
  if (problem.field === 'token') return 'This link is good no more: it was used, or its time is over.';
  if (kind !== 'email') return problem.message;
  if (problem.status === 401) return 'You are logged out. Log in and try again.';
  if (problem.field === 'password') return 'That is not your password.';
  if (problem.field === 'email') return /already/.test(problem.message) ? 'That is your address already.' : 'That is not an email address.';
  return problem.message;
}

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
    heading.textContent = kinds[kind].title;
    submit.textContent = kinds[kind].submit ?? kinds[kind].title;
    for (const [name, label] of Object.entries(fields)) label.hidden = label.querySelector('input').disabled = !kinds[kind].fields.includes(name);
    fields.email.firstChild.data = kind === 'email' ? 'New email' : 'Email';
    fields.password.querySelector('input').autocomplete = ['login', 'email'].includes(kind) ? 'current-password' : 'new-password';
    links.replaceChildren(...others[kind].map((k) => el('button', { class: 'plain', type: 'button', onclick: () => { turn(k); say(''); } }, kinds[k].title)));
  }

  async function send(event) {
    event.preventDefault();
    submit.disabled = true;
    try {
      const { done, next } = kinds[kind];
      const said = await kinds[kind].send(Object.fromEntries(new FormData(form)), secret);
      form.reset();
      if (done ?? said) {
        turn(next ?? 'login');
        say(done ?? said);
      } else box.close();
    } catch (error) {
      say(inWords(error, kind), true);
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
  // With the address that it has, unless something else is said by then.
  async function openAccount() {
    open('account');
    const { email } = await api.getMe({}).catch(() => ({}));
    if (email && kind === 'account' && message.hidden) say(`Your address is ${email}`);
  }
  return { box, open, openAccount };
}

// The token leaves the address before anything else is done.
async function fromMail(open) {
  const [, what, token] = location.hash.match(/^#(verify|reset)=([\w-]+)$/) ?? [];
  if (!what) return;
  history.replaceState(null, '', location.pathname);
  if (what === 'reset') open('reset', token);
  else {
    const [text, problem] = await verify(token).then(() => ['Your address is verified. You can log in with it now.'], (error) => [inWords(error), true]);
    open(user() ? 'account' : 'login', undefined, text, problem);
  }
}

export function account(place) {
  const { box, open, openAccount } = dialog();
  document.body.append(box);
  function show() {
    const who = user();
    place.replaceChildren(...who
      ? [el('button', { class: 'plain who', type: 'button', title: 'Your account', 'aria-haspopup': 'dialog', onclick: openAccount }, who.display_name), el('button', { class: 'more', type: 'button', onclick: logOut }, 'Log out')]
      : [el('button', { class: 'more', type: 'button', onclick: () => open('login') }, 'Log in')]);
  }
  onUser(show);
  show();
  addEventListener('hashchange', () => fromMail(open));
  fromMail(open);
}
