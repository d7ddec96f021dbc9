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
  notNow: 'Not sent: you are not connected at the moment.',
};
