// A whole talk, told once: a visit is agreed and cancelled because of something outside, the talk moves to video, a team of
// experts meets in a room of its own, the server is lost and comes back from its backup, and a readout is signed by both.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { id, inConference } from '../lib/conference.mjs';
import { confirms, enterTeam, has, is, opens, press, proposeTeam, reads, section, sends, submits, timeline } from '../lib/life.mjs';
import { heard, tones } from '../lib/measure.mjs';
import { exported, leaks, verify } from '../lib/papers.mjs';
import { PEOPLE } from '../lib/people.mjs';
import { together } from '../lib/staying.mjs';
import { ask, enterTalk, found, invite, leaveRoom, reachStep, says } from '../lib/talk.mjs';
import { until } from '../lib/until.mjs';

const TALK = { title: 'The Lissen Strait', delegations: ['Norvik', 'Sarland'] };
/** The first Monday that is some days away; the visit is planned for the Friday before. */
const MONDAY = days(5 + ((8 - days(5).getDay()) % 7));
const [VISIT, DUE, LATER, YESTERDAY] = [days(-3, MONDAY), days(7, MONDAY), days(14, MONDAY), days(-1)];

const REASON = 'No delegation travels while the strait is closed.';
const BETWEEN = 'Our minister’s ship lies in Lissen and can’t leave.';
const CAUSE = 'The harbour office closed the strait';
const REPORT = 'The line is drawn. Three ships may leave at once.';
const HEADLINE = 'Norvik and Sarland will open the strait again';
const AGREED = 'The strait opens again to ships [of more than 300 tons].';
const TOLD = 'The crews are well and will be home within a week.';
const DISPUTE = 'She spoke on condition that nobody names her.';
const NAMED = PEOPLE.dora.name;
const OFFICE = 'harbour pilot';

describe('the cancelled visit', () => {
  test('the_cancelled_visit', () =>
    inConference({}, async (conference) => {
      // Ada leads Norvik's delegation and Ben Sarland's; Cleo is Norvik's expert, and Dora is Sarland's.
      const ada = await conference.person('chromium', PEOPLE.ada);
      const ben = await conference.person('chromium', PEOPLE.ben);
      await founding(ada, ben, conference.server.url);
      await visit(ada, ben);
      await toVideo(ada, ben);

      const cleo = await conference.person('firefox', PEOPLE.cleo);
      const dora = await conference.person('chromium', PEOPLE.dora);
      const everybody = [ada, ben, cleo, dora];
      await seated(cleo, { vouches: ada, approves: ben });
      await seated(dora, { vouches: ben, approves: ada });
      await agenda(ada, ben);
      await plenary([ada, ben], everybody);

      await team([ada, ben], [cleo, dora]);
      await onTheSpot([ada, ben], [cleo, dora]);
      await commitments(ada, ben, cleo);

      await lostAndRestored(conference.server, everybody);

      await readout(ada, ben);
      await signed([ada, ben]);
      for (const one of everybody) {
        const lines = await timeline(one);
        assert.deepEqual([...lines.slice(0, 5).toSorted(), ...lines.slice(5)], STORY);
      }
    }));

  test('a name is found however it is hidden', () => {
    const sentence = Buffer.from(`As ${NAMED}, a pilot, said`);
    const encoded = [0, 1, 2].flatMap((nth) => ['hex', 'base64', 'base64url'].map((way) => sentence.subarray(nth).toString(way)));
    const escaped = ['Dora \\u00d8stby', 'Dora &#216;stby', 'Dora &#xd8;stby', encodeURIComponent(`by ${NAMED}`)];
    for (const file of [...encoded, ...escaped, Buffer.from(NAMED, 'utf16le').toString('base64')]) {
      assert.deepEqual(leaks(file, [NAMED, PEOPLE.ada.name]), [NAMED], file);
    }
  });
});

/** Each reads its half of the words, and hears the other's. */
async function founding(first, second, url) {
  const [hers, his] = await found(first, second, url, TALK);
  assert.equal(hers.yours.length + hers.theirs.length, 6);
  assert.deepEqual([hers.yours, hers.theirs, hers.digits], [his.theirs, his.yours, his.digits]);
}

/** Norvik invites Sarland to Lissen; Sarland agrees, and then can't come. */
async function visit(host, visitor) {
  for (const head of [host, visitor]) await section(head, 'meetings');
  await sends(host, 'propose-meeting', { start: field(VISIT), minutes: '90', place: 'Lissen' });
  await visitor.click('meeting-accept');
  await is([host, visitor], 'meeting', 'agreed');
  await opens(visitor, 'meeting-cancel');
  await visitor.click('outside');
  await submits(visitor, { public: REASON, between: BETWEEN, 'cause-text': CAUSE, 'cause-date': field(YESTERDAY).slice(0, 10) });
  await is([host, visitor], 'meeting', 'cancelled');
}

/** They will talk on Monday, by video. */
async function toVideo(host, visitor) {
  await opens(host, 'meeting-again');
  await host.click('mode-video');
  await submits(host, { start: field(MONDAY) });
  await visitor.click('meeting-accept');
  await is([host, visitor], 'meeting', 'agreed');
}

/** An expert follows a link, waits in the lobby, and has a seat once the own side vouched and the other approved. */
async function seated(expert, { vouches, approves }) {
  for (const head of [vouches, approves]) await section(head, 'overview');
  await ask(expert, await invite(vouches, { role: 'expert', hint: expert.person.name }));
  assert.equal(await has(approves, 'approve'), false);
  await vouches.click('vouch');
  await reachStep(expert, 'vouched');
  await approves.click('approve');
  await expert.reach('seated');
}

/** Each side says what it stands for, and what it asks. */
async function agenda(first, second) {
  for (const head of [first, second]) await section(head, 'agenda');
  await sends(first, 'put-item', { title: 'Ships in the strait' });
  await sends(first, 'write-position', { text: 'The strait was mined, and it is being cleared.' });
  await sends(first, 'write-request', { text: 'Wait until our pilots have a chart.' });
  await reads(second, 'item', 'Wait until our pilots have a chart.');
  await sends(second, 'write-position', { text: 'The strait is open to all ships.' });
  await sends(second, 'write-request', { text: 'Let our crews go home first.' });
  await reads(first, 'item', 'Let our crews go home first.');
}

/** The meeting: all four see and hear each other. */
async function plenary(heads, everybody) {
  const [first, second] = heads;
  for (const head of heads) await section(head, 'meetings');
  await first.click('meeting-begin');
  await is(heads, 'meeting', 'in_session');
  for (const head of heads) await enterPlenary(head);
  await together(...everybody);
  for (const head of heads) await says(head, 'Sealed. 4 people, 2 delegations. No recording declared. Roots verified.');
  for (const one of everybody) await leaveRoom(one);
  for (const head of heads) await section(head, 'meetings');
  await second.click('meeting-end');
  await is(heads, 'meeting', 'held');
}

/** The experts are to draw a line together, in a room of their own: the heads, who talk meanwhile, have no part in it. */
async function team(heads, experts) {
  const [first, second] = heads;
  await proposeTeam(first, { title: 'Pilots', mandate: 'Draw the line that ships may follow.' }, experts.map(({ person }) => person));
  await press(second, 'work', 'team-agree');
  await is(heads, 'team', 'agreed');
  await first.click('team-beginRoom');
  await press(second, 'overview', 'consent');
  for (const expert of experts) {
    await section(expert, 'work');
    await enterTeam(expert);
  }
  for (const head of heads) await enterPlenary(head);
  await Promise.all([together(...experts), together(...heads)]);
  for (const expert of experts) await says(expert, 'Sealed. A team’s own room. 2 people, 2 delegations.');
  await apart(heads, experts);
  await apart(experts, heads);
  for (const head of heads) await leaveRoom(head);
}

/** The team is to go on in person, and its room is closed. */
async function onTheSpot(heads, experts) {
  const [first, second] = heads;
  for (const head of heads) await section(head, 'work');
  await opens(first, 'team-change');
  await first.page.select('#life-mode', 'in_person');
  await submits(first, { mandate: 'Draw the line that ships may follow, on the spot.', place: 'Lissen, pilot house', start: field(DUE) });
  await second.click('team-agree');
  for (const head of heads) await reads(head, 'team', 'In person · Lissen, pilot house');
  await first.click('team-endRoom');
  await press(second, 'overview', 'consent');
  for (const expert of experts) {
    await expert.reach('stopped');
    assert.match(await expert.describe(), /Both delegations have ended this room/);
    await expert.page.click('.middle button');
    await expert.reach('talk');
  }
}

async function enterPlenary(head) {
  await section(head, 'overview');
  await enterTalk(head);
}

/** Whoever is in one room sees, hears and decodes nobody of the other. */
async function apart(people, others) {
  for (const one of people) {
    const names = (await one.tiles()).map(({ name }) => name);
    assert.deepEqual(names.toSorted(), people.map(({ person }) => person.name).toSorted());
    const all = await tones(one.page);
    for (const { person } of others) assert.equal(heard(person.tone, all), false);
    const decoded = (await one.stats('inbound-rtp')).filter(({ kind, framesDecoded }) => kind === 'video' && framesDecoded > 0);
    assert.equal(decoded.length, 1);
  }
}

/** The experts report, and each side promises something. */
async function commitments(first, second, expert) {
  const heads = [first, second];
  for (const one of [...heads, expert]) await section(one, 'work');
  await sends(expert, 'team-report', { text: REPORT });
  await is(heads, 'team', 'reported');
  await second.page.$eval(`${id('report')} summary`, (summary) => summary.click());
  await reads(second, 'report', REPORT);
  await sends(first, 'propose-commitment', { text: 'Let three ships leave Lissen', owner: '0', who: 'Harbour office', due: field(DUE) });
  await second.click('commitment-agree');
  await is(heads, 'commitment', 'open');
  await sends(second, 'propose-commitment', { text: 'Send a pilot with each ship', owner: '1', due: field(LATER) });
  await first.click('commitment-agree');
  for (const head of heads) {
    await reads(head, 'commitment', new RegExp(`Norvik, Harbour office\\s+By ${day(DUE)}\\.`));
    await reads(head, 'commitment', new RegExp(`Send a pilot with each ship\\s+Promised\\s+B\\s+Sarland\\s+By ${day(LATER)}\\.`));
  }
}

/** The server is backed up as it runs, killed and started again, and then brought back from its backup alone. */
async function lostAndRestored(server, everybody) {
  const before = await Promise.all(everybody.map(timeline));
  await server.backup();
  for (const between of [undefined, () => server.restore()]) {
    const sockets = await Promise.all(everybody.map(({ page }) => page.evaluate(() => globalThis.e2eSockets.length)));
    await server.end('SIGKILL');
    await between?.();
    await server.again();
    for (const [nth, one] of everybody.entries()) {
      await until(`${one.person.name}'s page to be back`, () =>
        one.page.evaluate((had) => globalThis.e2eSockets.length > had && globalThis.e2eSockets.at(-1).readyState === 1, sockets[nth]));
      assert.deepEqual(await timeline(one), before[nth]);
    }
  }
  // What stood on the pages was theirs; anew they have it from the server alone.
  for (const [nth, one] of everybody.entries()) {
    await one.page.reload();
    await until(`${one.person.name} to read all of it again`, async () => (await timeline(one)).length === before[nth].length);
    assert.deepEqual(await timeline(one), before[nth]);
  }
}

/** Drafted with something open, disputed because it names somebody, written again, and no longer disputed. */
async function readout(first, second) {
  for (const head of [first, second]) await section(head, 'readouts');
  await opens(first, 'draft-readout');
  await first.click('add-paragraph');
  await first.page.select(id('whose-1'), 'name');
  await first.page.select('#life-party-1', '1');
  await submits(first, { headline: HEADLINE, 'paragraph-0': AGREED, 'paragraph-1': TOLD, 'person-1': NAMED, 'office-1': OFFICE });
  await reads(second, 'document', `— ${NAMED}, ${OFFICE}, Sarland`);
  await reads(second, 'brackets', '1 text in brackets is open.');
  await sends(second, 'readout-dispute', { text: DISPUTE });
  await first.page.waitForSelector(id('dispute'));
  await opens(first, 'readout-edit');
  await first.page.select(id('whose-1'), 'anonymous');
  await submits(first, { 'paragraph-0': AGREED.replace(/ \[.*\]/, '') });
  await reads(second, 'document', '— an official of Sarland, on condition of anonymity');
  await second.click('readout-undispute');
  await until('nothing to be disputed', async () => !(await has(first, 'dispute')));
}

/** Both sign; what they save is the same, anybody can verify it, and who spoke isn't in it. */
async function signed(heads) {
  for (const head of heads) await confirms(head, 'readout-sign');
  await is(heads, 'readout', 'agreed');
  const [file, other] = await Promise.all(heads.map(exported));
  assert.equal(file.text, other.text);
  verify(file);
  const secret = [...Object.values(PEOPLE).map(({ name }) => name), NAMED.split(' ')[1], OFFICE, BETWEEN];
  for (const part of [file.text, file.page, file.data]) {
    assert.ok(part.includes(TOLD));
    assert.deepEqual(leaks(part, secret), []);
  }
}

/** Some days from a date, at nine in the morning. */
function days(count, from = new Date()) {
  return new Date(from.getFullYear(), from.getMonth(), from.getDate() + count, 9);
}

/** A time as a field of a form has it. */
function field(date) {
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

/** A day as it is read. */
function day(date) {
  return date.toLocaleDateString('en-GB', { dateStyle: 'long' });
}

/** A meeting's time as it is read. */
function span(date) {
  return `${date.toLocaleDateString('en-GB', { weekday: 'long' })} ${day(date)}, 09:00–10:30`;
}

/** What a reader finds in the end. The first lines stand in whichever order the heads were there. */
const STORY = [
  `${PEOPLE.ada.name} has a seat.`,
  `${PEOPLE.ben.name} has a seat.`,
  'Norvik compared the words: they agree.',
  'Sarland compared the words: they agree.',
  'The talk was founded: The Lissen Strait.',
  `Norvik proposed a meeting: ${span(VISIT)}, in person, Lissen.`,
  `Sarland accepted the meeting: ${span(VISIT)}, in person, Lissen.`,
  `Sarland cancelled the visit of ${day(VISIT)}. Reason: ${REASON} Between the delegations: ${BETWEEN} It cites: ‘${CAUSE}’ (${day(YESTERDAY)}).`,
  `Norvik proposed to move the meeting of ${day(VISIT)} to video: ${span(MONDAY)}, by video.`,
  `Sarland accepted the meeting: ${span(MONDAY)}, by video.`,
  `${PEOPLE.cleo.name} has a seat.`,
  `${PEOPLE.dora.name} has a seat.`,
  'Norvik put on the agenda: Ships in the strait.',
  'Norvik stated its position: Ships in the strait. ‘The strait was mined, and it is being cleared.’',
  'Norvik made a request: Ships in the strait. ‘Wait until our pilots have a chart.’',
  'Sarland stated its position: Ships in the strait. ‘The strait is open to all ships.’',
  'Sarland made a request: Ships in the strait. ‘Let our crews go home first.’',
  `The meeting of ${day(MONDAY)} began.`,
  `The meeting of ${day(MONDAY)} ended.`,
  'Norvik proposed a team: Pilots. ‘Draw the line that ships may follow.’',
  'Sarland agreed to the team Pilots.',
  'Norvik proposed: Open a room of its own for a team.',
  'Sarland agreed to what was proposed.',
  'Both sides decided: Open a room of its own for a team.',
  'Norvik proposed to change the team Pilots. ‘Draw the line that ships may follow, on the spot.’',
  'Sarland agreed to the team Pilots.',
  'Norvik proposed: Close a team’s room.',
  'Sarland agreed to what was proposed.',
  'Both sides decided: Close a team’s room.',
  `Norvik reported for the team Pilots. ‘${REPORT}’`,
  'Norvik proposed a commitment of Norvik: Let three ships leave Lissen',
  'Sarland agreed to the commitment: Let three ships leave Lissen',
  'Sarland proposed a commitment of Sarland: Send a pilot with each ship',
  'Norvik agreed to the commitment: Send a pilot with each ship',
  `Norvik wrote a version of the readout ‘${HEADLINE}’.`,
  `Sarland disputes the readout ‘${HEADLINE}’. ‘${DISPUTE}’`,
  `Norvik wrote a version of the readout ‘${HEADLINE}’.`,
  `Sarland no longer disputes the readout ‘${HEADLINE}’.`,
  `Norvik signed the readout ‘${HEADLINE}’.`,
  `Sarland signed the readout ‘${HEADLINE}’.`,
  `The readout ‘${HEADLINE}’ is agreed: every side has signed it.`,
];
