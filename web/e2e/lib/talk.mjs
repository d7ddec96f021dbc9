// What heads and guests do on the pages of a talk between two delegations.

import { id } from './conference.mjs';
import { until } from './until.mjs';

/** A field's text: it may be an input or an output. */
const valueOf = (participant, name) =>
  participant.page.$eval(id(name), (field) => field.value ?? field.textContent);

export async function reachStep(participant, step) {
  await until(`${participant.person.name}'s page to be at "${step}"`, async () => (await stepOf(participant)) === step, {
    seen: () => participant.describe(),
  });
}

export function stepOf(participant) {
  return participant.page.$eval(id('step'), (step) => step.dataset.step).catch(() => undefined);
}

/** Proposes a talk and returns the claim link. */
export async function proposeTalk(head, origin, { title, delegation }) {
  await head.page.goto(`${origin}/`);
  await head.reach('home');
  await head.type('title', title);
  await head.type('delegation', delegation);
  await fill(head, 'name', head.person.name);
  await head.click('propose-talk');
  await reachStep(head, 'offered');
  return valueOf(head, 'link');
}

/** Opens the claim link and answers as the other delegation. */
export async function claimTalk(head, link, delegation) {
  await head.page.goto(link);
  await reachStep(head, 'claiming');
  await head.type('delegation', delegation);
  await fill(head, 'person', head.person.name);
  await head.click('claim');
}

/** Founds a talk between two heads; each has compared the words. Returns the words that both saw. */
export async function found(first, second, origin, { title, delegations: [one, other] }) {
  const link = await proposeTalk(first, origin, { title, delegation: one });
  await claimTalk(second, link, other);
  await reachStep(first, 'claimed');
  await first.click('countersign');
  await Promise.all([reachStep(first, 'compare'), reachStep(second, 'compare')]);
  const words = await Promise.all([wordsOf(first), wordsOf(second)]);
  await first.click('agree');
  await second.click('agree');
  await Promise.all([reachStep(first, 'enter'), reachStep(second, 'enter')]);
  return words;
}

/** The words as their list has them, those of the first delegation first, and the digits. */
export async function wordsOf(head) {
  const half = (name) => head.page.$$eval(`${id(name)} li`, (words) => words.map((word) => word.textContent.trim()));
  const digits = await head.page.$eval(id('digits'), (groups) => groups.textContent.trim());
  return { yours: await half('words-yours'), theirs: await half('words-theirs'), digits };
}

/** From the talk's page over the threshold into the room. */
export async function enterTalk(participant) {
  await participant.click('to-threshold');
  await participant.reach('prejoin');
  await participant.enter();
}

/** Makes an invitation and returns its link. */
export async function invite(head, { role = 'delegate', hint } = {}) {
  await head.page.select(id('invite-role'), role);
  if (hint) await fill(head, 'invite-name', hint);
  await head.click('make-invitation');
  await head.page.waitForSelector(`${id('invited')} ${id('link')}`);
  return head.page.$eval(`${id('invited')} ${id('link')}`, (field) => field.value ?? field.textContent);
}

/** Opens a seat link and asks. */
export async function ask(guest, link) {
  await guest.page.goto(link);
  await guest.reach('prejoin');
  await fill(guest, 'name', guest.person.name);
  await guest.click('enter');
  await reachStep(guest, 'asked');
}

/** From the room back to the talk's page. */
export async function leaveRoom(participant) {
  await participant.click('leave');
  await participant.reach('talk');
}

/** Opens the panel of the delegations in the room. */
export async function openPanel(head) {
  if (!(await head.page.$(id('delegations-panel')))) await head.click('toggle-delegations');
  await head.page.waitForSelector(id('delegations-panel'));
}

/** The people that the sentence's list names: name, and who vouched and approved. */
export async function rosterOf(participant) {
  return participant.page.$$eval(`${id('roster')} li`, (rows) =>
    rows.map((row) => ({
      name: row.querySelector('.who > bdi')?.textContent,
      warrant: row.querySelector('[data-testid="warrant"]')?.textContent.replaceAll(/\s+/g, ' ').trim(),
    })));
}

/** Waits until the sentence says this. */
export async function says(participant, words) {
  const sentence = () =>
    participant.page.$eval(id('sentence'), (button) => button.innerText.replaceAll(/\s+/g, ' ').trim()).catch(() => undefined);
  await until(`${participant.person.name}'s sentence to say "${words}"`, async () => (await sentence())?.includes(words), {
    seen: sentence,
  });
}

/** Types over what stands there. */
export async function fill(participant, name, words) {
  const field = await participant.page.waitForSelector(id(name));
  await field.evaluate((input) => {
    input.value = '';
    input.dispatchEvent(new Event('input', { bubbles: true }));
  });
  await field.type(words);
}

/** Counts from the next page on what a person presses: mouse, finger and Enter alike. */
export function countPresses({ page }) {
  return page.evaluateOnNewDocument(() => {
    addEventListener('click', ({ isTrusted, target }) => {
      if (!isTrusted) return;
      const pressed = target.closest('button, a[href], input, select, summary');
      const all = JSON.parse(sessionStorage.getItem('e2e-presses') ?? '[]');
      sessionStorage.setItem('e2e-presses', JSON.stringify([...all, pressed?.dataset.testid ?? target.localName]));
    }, { capture: true });
  });
}

/** What was pressed since, in order; a page that was loaded anew in between makes no difference. */
export function presses({ page }) {
  return page.evaluate(() => JSON.parse(sessionStorage.getItem('e2e-presses') ?? '[]'));
}
