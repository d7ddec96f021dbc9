import { isolate, plurals } from '../forms';

const plural = plurals('en');

export const stage = {
  view: 'View',
  layout: 'Layout',
  views: { auto: 'Automatic', grid: 'Grid', speaker: 'Speaker large' },
  self: 'My own picture',
  selves: { shown: 'With the others', small: 'Small, in a corner', hidden: 'Hidden from me' },
  pin: (name: string) => `Keep ${isolate(name)} large`,
  unpin: (name: string) => `Don’t keep ${isolate(name)} large`,
  large: 'shown large',
  rest: (count: number) => plural(count, { one: '# more person', other: '# more people' }),
  full: 'Full screen',
  fullEnd: 'Leave full screen',
  picture: 'Small window',
  pictureEnd: 'Close the small window',
  inWindow: 'The pictures are in the small window.',
  more: 'More',
  deafen: 'Turn all sound off',
  undeafen: 'Turn sound on',
  deaf: 'You hear nobody, and nobody hears you.',
  pushToTalk: 'Push to talk',
  pushToTalkHint: 'The microphone is open only while you hold its button or the space bar.',
  hold: 'Hold to talk',
  talking: 'You are heard while you hold.',
  tell: 'Tell me when',
  announce: {
    joins: 'somebody comes or leaves',
    hands: 'somebody raises a hand or reacts',
    chat: 'somebody writes',
  },
};
