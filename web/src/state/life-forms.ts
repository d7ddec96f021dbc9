/** What was typed into the forms of a talk's life, as it goes into the record. */
import { type CommitmentTerms, type Mode, MODES, type Plan, type Reason, type TeamTerms } from '../e2ee/life-messages';
import { text } from '../text';
import { FieldProblem, tidy } from './prejoin';
import { fromDateField, fromField, toField } from './times';

export const MAX_MINUTES = 20_160;

export interface PlanFields {
  start: string;
  minutes: string;
  mode: Mode;
  place: string;
}

export interface ReasonFields {
  public: string;
  between: string;
  causeDate: string;
  causeText: string;
  causeLink: string;
}

export function planFields(plan: Plan | undefined): PlanFields {
  if (!plan) return { start: '', minutes: '60', mode: 'in_person', place: '' };
  return { start: toField(plan.start), minutes: String(plan.minutes), mode: plan.mode, place: plan.place };
}

export function planOf({ start, minutes, mode, place }: PlanFields): Plan {
  const at = fromField(start);
  if (at <= 0) throw new FieldProblem('start', text.life.need.start);
  const long = whole(minutes);
  if (long < 1 || long > MAX_MINUTES) throw new FieldProblem('minutes', text.life.need.minutes);
  const chosen = MODES.includes(mode) ? mode : 'video';
  if (chosen !== 'video' && tidy(place) === '') throw new FieldProblem('place', text.life.need.place);
  return { start: at, minutes: long, mode: chosen, place: tidy(place) };
}

export const NO_REASON: ReasonFields = { public: '', between: '', causeDate: '', causeText: '', causeLink: '' };

export function reasonOf({ public: open, between, causeDate, causeText, causeLink }: ReasonFields): Reason {
  if (open.trim() === '') throw new FieldProblem('public', text.life.need.reason);
  const [words, link] = [tidy(causeText), causeLink.trim()];
  const date = fromDateField(causeDate);
  const any = words !== '' || link !== '' || causeDate !== '';
  if (any && (date === undefined || date < 0)) throw new FieldProblem('cause-date', text.life.need.cause);
  if (any && words === '') throw new FieldProblem('cause-text', text.life.need.cause);
  if (link !== '' && !(link.startsWith('https://') && URL.canParse(link))) throw new FieldProblem('cause-link', text.life.need.link);
  return { public: open.trim(), between: between.trim(), cause: any ? { date: date!, text: words, link } : null };
}

export interface ItemFields {
  title: string;
  order: string;
  minutes: string;
}

export function itemOf({ title, order, minutes }: ItemFields): { title: string; order: number; minutes: number } {
  if (tidy(title) === '') throw new FieldProblem('title', text.life.need.title);
  return { title: tidy(title), order: Math.min(whole(order), 0xffff), minutes: Math.min(whole(minutes), MAX_MINUTES) };
}

/** Minutes of speaking time; 0 for no limit. */
export function timeOf(minutes: string): number {
  if (!/^\d+$/.test(minutes.trim()) || whole(minutes) > MAX_MINUTES) throw new FieldProblem('minutes', text.life.need.minutes);
  return whole(minutes);
}

export interface TeamFields {
  name: string;
  mandate: string;
  mode: Mode;
  place: string;
  start: string;
  due: string;
  members: string[];
}

export function teamOf({ name, mandate, mode, place, start, due, members }: TeamFields): TeamTerms {
  if (tidy(name) === '') throw new FieldProblem('title', text.life.need.title);
  if (mandate.trim() === '') throw new FieldProblem('mandate', text.life.need.mandate);
  return { name: tidy(name), mandate: mandate.trim(), mode, place: tidy(place), start: fromField(start), due: fromField(due), members };
}

export interface CommitmentFields {
  text: string;
  owner: string;
  who: string;
  due: string;
}

export function commitmentOf(fields: CommitmentFields): CommitmentTerms {
  const { owner, who, due } = fields;
  if (fields.text.trim() === '') throw new FieldProblem('text', text.life.need.text);
  return { text: fields.text.trim(), owner: Number(owner), who: tidy(who), due: fromField(due) };
}

export function wordsOf(words: string): string {
  if (words.trim() === '') throw new FieldProblem('text', text.life.need.text);
  return words.trim();
}

/** 0 for what is no number. */
function whole(words: string): number {
  const number = Math.round(Number(words));
  return Number.isFinite(number) && number > 0 ? number : 0;
}
