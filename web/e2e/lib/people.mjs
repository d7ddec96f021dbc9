// What each participant shows and sounds like, so that none can be mistaken for another.

export const WIDTH = 640;
export const HEIGHT = 360;

/** The colours that a picture is made of, as RGB. */
export const COLOURS = {
  red: [220, 30, 30],
  green: [30, 180, 30],
  blue: [30, 30, 220],
  yellow: [220, 210, 30],
  magenta: [210, 30, 210],
  cyan: [30, 200, 210],
};

/**
 * @typedef {object} Person
 * @property {string} name
 * @property {(keyof typeof COLOURS)[]} colours top left, top right, bottom left, bottom right
 * @property {number} tone in Hz
 */

/** @type {Record<'ada' | 'ben' | 'cleo' | 'dora' | 'native', Person>} */
export const PEOPLE = {
  ada: { name: 'Ada Ålund', colours: ['yellow', 'blue', 'red', 'green'], tone: 550 },
  ben: { name: 'Ben Ekezie', colours: ['green', 'magenta', 'yellow', 'cyan'], tone: 660 },
  cleo: { name: 'Cléo Marin', colours: ['blue', 'red', 'cyan', 'green'], tone: 990 },
  dora: { name: 'Dora Østby', colours: ['cyan', 'yellow', 'magenta', 'red'], tone: 770 },
  // What `incamera join --video synthetic --audio synthetic` sends.
  native: { name: 'Nadia Native', colours: ['red', 'green', 'blue', 'yellow'], tone: 440 },
};
