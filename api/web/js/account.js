// account.js - log in, register, log out: a button in the header and one dialog.
import { logIn, logOut, onUser, register, user } from './api.js';
import { el } from './dom.js';

const field = (name, label, attributes) => el('label', {}, label, el('input', { name, required: true, ...attributes }));

function dialog() {
  const problem = el('p', { class: 'problem', role: 'alert', hidden: true });
  const name = field('display_name', 'Name', { autocomplete: 'nickname', maxlength: 200 });
  const heading = el('h2', { id: 'account-title' });
  const submit = el('button', { class: 'more', type: 'submit' });
  const other = el('button', { class: 'plain', type: 'button', onclick: () => turn(!registering) });
  const password = field('password', 'Password', { type: 'password', autocomplete: 'current-password', minlength: 8, maxlength: 256 });
  const form = el('form', { method: 'dialog', onsubmit: send }, heading, name,
    field('email', 'Email', { type: 'email', autocomplete: 'email', maxlength: 254 }), password, problem,
    el('p', { class: 'buttons' }, submit, other));
  const box = el('dialog', { 'aria-labelledby': 'account-title' }, form);
  let registering = false;

  function turn(to) {
    registering = to;
    heading.textContent = submit.textContent = to ? 'Create an account' : 'Log in';
    other.textContent = to ? 'Log in instead' : 'Create an account';
    name.hidden = name.querySelector('input').disabled = !to;
    password.querySelector('input').autocomplete = to ? 'new-password' : 'current-password';
    problem.hidden = true;
  }

  async function send(event) {
    event.preventDefault();
    const said = Object.fromEntries(new FormData(form));
    submit.disabled = true;
    try {
      await (registering ? register(said.email, said.password, said.display_name) : logIn(said.email, said.password));
      form.reset();
      box.close();
    } catch (error) {
      problem.textContent = error.message;
      problem.hidden = false;
    } finally {
      submit.disabled = false;
    }
  }

  box.addEventListener('click', (event) => { if (event.target === box) box.close(); });
  return { box, open: () => { turn(false); box.showModal(); } };
}

export function account(place) {
  const { box, open } = dialog();
  document.body.append(box);
  function show() {
    const who = user();
    place.replaceChildren(...who
      ? [el('span', { class: 'soft who' }, who.display_name), el('button', { class: 'more', type: 'button', onclick: logOut }, 'Log out')]
      : [el('button', { class: 'more', type: 'button', onclick: open }, 'Log in')]);
  }
  onUser(show);
  show();
}
