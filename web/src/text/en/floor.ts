import { isolate, plurals } from '../forms';

const plural = plurals('en');

export const floor = {
  hand: 'Hand',
  raise: 'Raise hand',
  lower: 'Lower hand',
  hands: (count: number) => plural(count, { one: '# hand raised', other: '# hands raised' }),
  heading: 'Raised hands, the first first',
  turn: (turn: number) => `hand raised, number ${turn}`,
  raised: (name: string) => `${isolate(name)} raised a hand.`,
  react: 'React',
  reactions: {
    agree: 'Agree',
    disagree: 'Disagree',
    thanks: 'Thank you',
    applause: 'Applause',
    slower: 'Slower, please',
  },
  reacted: (name: string, words: string) => `${isolate(name)}: ${words}`,
  youReacted: (words: string) => `You: ${words}`,
  tooFast: 'That was quick. Wait a second.',
  agenda: {
    heading: 'Before the meeting',
    closed: 'No item is before the meeting',
    of: (spent: string, minutes: number) => plural(minutes, { one: `${spent} of # minute`, other: `${spent} of # minutes` }),
    over: (spent: string, minutes: number) => plural(minutes, { one: `${spent}, planned for # minute`, other: `${spent}, planned for # minutes` }),
    next: (name: string) => `Next: ${isolate(name)}`,
    queue: (title: string) => `Who is next, on ${isolate(title)}`,
    nobody: 'Nobody has raised a hand.',
    times: 'Speaking time used',
    time: (delegation: string, spent: string, minutes: string) => `${isolate(delegation)}: ${spent} of ${minutes}`,
    heard: 'As this page has heard.',
    heardSince: (time: string) => `As this page has heard since ${time}.`,
    up: (delegation: string) => `${isolate(delegation)} has used its speaking time. Nobody is muted.`,
    others: 'On the agenda',
  },
  notNow: 'Not sent: you are not connected at the moment.',
};
