// What people do in the sections of a talk's page: meetings, agenda, teams, commitments, readouts.

import assert from 'node:assert/strict';

import { id } from './conference.mjs';
import { until } from './until.mjs';

/** What a section shows first. */
const SHOWS = { overview: 'step', timeline: 'timeline', meetings: 'meetings', agenda: 'agenda', work: 'teams', readouts: 'readouts' };

export async function section(one, name) {
  await one.click(`section-${name}`);
  await one.page.waitForSelector(id(SHOWS[name]));
}

/** Presses something in a section. */
export async function press(one, name, button) {
  await section(one, name);
  await one.click(button);
}

/** Puts a value into a field of the open form: dates are typed differently in each language. */
export async function set(one, name, value) {
  const field = await one.page.waitForSelector(id(`field-${name}`));
  await field.evaluate((input, words) => {
    input.value = words;
    input.dispatchEvent(new Event('input', { bubbles: true }));
    input.dispatchEvent(new Event('change', { bubbles: true }));
  }, value);
}

/** Opens a form or a question. What comes from the record meanwhile may move the button away from where it is pressed. */
export function opens(one, button) {
  const open = async () => (await one.page.$('dialog[open]')) !== null;
  return until(`what ${button} opens`, async () => {
    if (!(await open())) await one.click(button);
    return open();
  }, { seen: () => one.describe() });
}

/** Opens a form, fills it in and sends it. */
export async function sends(one, button, fields) {
  await opens(one, button);
  await submits(one, fields);
}

/** Fills in the form that is open and sends it. */
export async function submits(one, fields = {}) {
  for (const [name, value] of Object.entries(fields)) await set(one, name, value);
  await one.click('form-send');
  await closed(one);
}

export function closed(one) {
  return until('the form to close', async () => (await one.page.$('dialog[open]')) === null, { seen: () => one.describe() });
}

/** Presses something that asks whether it is meant, and says yes. */
export async function confirms(one, button) {
  await opens(one, button);
  await one.click('confirm-yes');
  await closed(one);
}

/** Proposes a team of these people. */
export async function proposeTeam(head, fields, people) {
  await section(head, 'work');
  await opens(head, 'propose-team');
  const ticked = await head.page.$$eval('dialog[open] label.choice', (choices, names) => {
    const wanted = choices.filter((choice) => names.some((name) => choice.textContent.includes(name)));
    for (const choice of wanted) choice.querySelector('input').click();
    return wanted.length;
  }, people.map(({ name }) => name));
  assert.equal(ticked, people.length);
  await submits(head, fields);
}

/** From the talk's page into a team's room. */
export async function enterTeam(member) {
  await member.click('team-enterRoom');
  await member.reach('prejoin');
  await member.enter();
}

/** Waits until the first of a kind is in this state, for everybody named. */
export async function is(people, kind, state) {
  for (const one of people) {
    const seen = () => one.page.$eval(id(kind), (card) => card.dataset.state).catch(() => undefined);
    await until(`${one.person.name}'s ${kind} to be ${state}`, async () => (await seen()) === state, { seen: () => one.describe() });
  }
}

/** Waits until a part of the page says this; directional marks are left out. */
export async function reads(one, part, words) {
  const seen = () =>
    one.page.$$eval(id(part), (all) => all.map((each) => each.innerText).join('\n')).then((text) => text.replaceAll(/[\u2066-\u2069]/g, ''));
  const fits = (text) => (words instanceof RegExp ? words.test(text) : text.includes(words));
  await until(`${one.person.name} to read ${words}`, async () => fits(await seen()), { seen });
}

export async function has(one, name) {
  return (await one.page.$(id(name))) !== null;
}

/** What the browser is given to save while something is pressed. */
export async function saved(one, press) {
  await one.page.evaluate(() => {
    globalThis.e2eSaved = [];
    globalThis.e2eMakeUrl ??= URL.createObjectURL;
    URL.createObjectURL = (blob) => {
      globalThis.e2eSaved.push(blob);
      return globalThis.e2eMakeUrl.call(URL, blob);
    };
  });
  await press();
  await until('a file to be saved', () => one.page.evaluate(() => globalThis.e2eSaved.length > 0), { seen: () => one.describe() });
  return one.page.evaluate(() => globalThis.e2eSaved[0].text());
}

/** The sentences of the timeline as they stand on the page, in the order of the record; the times of the clock are left out. */
export async function timeline(one) {
  await section(one, 'timeline');
  const lines = await one.page.$$eval(id('line'), (all) => all.map((line) => [...line.querySelectorAll('p:not(.soft)')].map((p) => p.innerText).join(' ')));
  const plain = lines.map((line) => line.replaceAll(/[\u2066-\u2069]/g, '').replaceAll(/\s+/g, ' '));
  // Some browsers write a comma after the day of the week.
  return plain.map((line) => line.replaceAll(/day, (?=\d)/g, 'day ')).toReversed();
}
