/** A readout's document, in words and in parts. */
import type { Attribution, Paragraph, ReadoutDocument, ReadoutVersion } from '../e2ee/life-messages';
import type { Delegation } from '../e2ee/talk-messages';
import { MAX_POINTS } from '../quick-read/propose';
import { text } from '../text';
import { FieldProblem, tidy } from './prejoin';
import { partyName } from './timeline';

export const MAX_PARAGRAPHS = 200;

export function emptyDocument(): ReadoutDocument {
  return { headline: '', place: '', date: '', embargo: 0, points: [], paragraphs: [emptyParagraph()] };
}

export function emptyParagraph(): Paragraph {
  return { text: '', attribution: { is: 'none' } };
}

/** Whose words a paragraph has; empty for the readout's own. */
export function attributionWords(attribution: Attribution, delegations: readonly Delegation[]): string {
  const t = text.life.readouts;
  if (attribution.is === 'none') return '';
  const party = partyName(delegations, attribution.delegation);
  switch (attribution.is) {
    case 'name':
      return attribution.role === '' ? t.byNameOnly(attribution.name, party) : t.byName(attribution.name, attribution.role, party);
    case 'role':
      return t.byRole(attribution.role, party);
    case 'anonymous':
      return t.byOfficial(party);
  }
}

/** All of it as lines, to be compared. */
export function documentLines(document: ReadoutDocument, delegations: readonly Delegation[]): string {
  const { headline, place, date, points, paragraphs } = document;
  const told = paragraphs.map((one) => [one.text, attributionWords(one.attribution, delegations)].filter(Boolean).join('\n'));
  const head = [headline, [place, date].filter(Boolean).join(', ')].filter(Boolean).join('\n');
  const glance = points.map((point) => `- ${point}`).join('\n');
  return [head, glance, ...told].filter(Boolean).join('\n\n');
}

/** The statement alone: what the points are taken from. */
export function statement({ paragraphs }: ReadoutDocument): string {
  return paragraphs.map((one) => one.text).join('\n');
}

export interface Run {
  text: string;
  /** Not agreed yet. */
  open: boolean;
}

/** Text in brackets, and the rest. */
export function bracketRuns(words: string): Run[] {
  return words
    .split(/(\[[^[\]]*\]?|\])/)
    .filter((part) => part !== '')
    .map((part) => ({ text: part, open: /^[[\]]/.test(part) }));
}

/** How many texts aren't agreed yet, however many brackets they are in. */
export function openTexts({ headline, place, date, points, paragraphs }: ReadoutDocument): number {
  const whose = paragraphs.flatMap(({ attribution: one }) => ['name' in one ? one.name : '', 'role' in one ? one.role : '']);
  const all = [headline, place, date, ...points, ...paragraphs.map((one) => one.text), ...whose];
  return all.flatMap(bracketRuns).filter(({ open }) => open).length;
}

/** What was typed, tidied; rejects at the field that is wrong. */
export function finished(document: ReadoutDocument): ReadoutDocument {
  const headline = tidy(document.headline);
  if (headline === '') throw new FieldProblem('headline', text.life.need.headline);
  const paragraphs = document.paragraphs
    .map((one) => ({ ...one, text: one.text.trim() }))
    .filter((one) => one.text !== '');
  if (paragraphs.length === 0) throw new FieldProblem('paragraph-0', text.life.need.text);
  const points = document.points.map(tidy).filter((point) => point !== '').slice(0, MAX_POINTS);
  return { ...document, headline, place: tidy(document.place), date: tidy(document.date), points, paragraphs };
}

/** Where several versions begin from: the last one's text, following all of them. */
export function begin(versions: readonly ReadoutVersion[], tips: readonly number[]): { parents: number[]; document: ReadoutDocument } {
  const last = versions.findLast(({ entry }) => tips.includes(entry)) ?? versions.at(-1);
  return { parents: [...tips], document: last ? structuredClone(last.document) : emptyDocument() };
}
