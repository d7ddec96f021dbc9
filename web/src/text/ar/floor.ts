import type { Messages } from '..';
import { isolate, plurals } from '../forms';

const plural = plurals('ar-u-nu-latn');

export const floor: Messages['floor'] = {
  hand: 'اليد',
  raise: 'رفع اليد',
  lower: 'خفض اليد',
  hands: (count) =>
    plural(count, {
      zero: 'لا أيدي مرفوعة',
      one: 'يد مرفوعة',
      two: 'يدان مرفوعتان',
      few: '# أيدٍ مرفوعة',
      many: '# يدًا مرفوعة',
      other: '# يد مرفوعة',
    }),
  heading: 'الأيدي المرفوعة بحسب الترتيب',
  turn: (turn) => `يد مرفوعة، الرقم ${turn}`,
  raised: (name) => `رفع ${isolate(name)} يده.`,
  react: 'تفاعل',
  reactions: {
    agree: 'موافق',
    disagree: 'غير موافق',
    thanks: 'شكرًا',
    applause: 'تصفيق',
    slower: 'أبطأ من فضلكم',
  },
  reacted: (name, words) => `${isolate(name)}: ${words}`,
  youReacted: (words) => `أنت: ${words}`,
  tooFast: 'كان ذلك سريعًا. انتظر ثانية.',
  agenda: {
    heading: 'مطروح الآن للبحث',
    closed: 'لا بند مطروح الآن للبحث',
    of: (spent, minutes) =>
      plural(minutes, { one: `${spent} من دقيقة واحدة`, two: `${spent} من دقيقتين`, few: `${spent} من # دقائق`, many: `${spent} من # دقيقة`, other: `${spent} من # دقيقة` }),
    over: (spent, minutes) =>
      plural(minutes, { one: `${spent}، والمقرر دقيقة واحدة`, two: `${spent}، والمقرر دقيقتان`, few: `${spent}، والمقرر # دقائق`, many: `${spent}، والمقرر # دقيقة`, other: `${spent}، والمقرر # دقيقة` }),
    next: (name) => `التالي: ${isolate(name)}`,
    queue: (title) => `ترتيب الكلام في ${isolate(title)}`,
    nobody: 'لم يرفع أحد يده.',
    times: 'ما استُعمل من وقت الكلام',
    time: (delegation, spent, minutes) => `${isolate(delegation)}: ${spent} من ${minutes}`,
    heard: 'بحسب ما سمعته هذه الصفحة.',
    heardSince: (time) => `بحسب ما سمعته هذه الصفحة منذ ${time}.`,
    up: (delegation) => `استنفد وفد ${isolate(delegation)} وقت كلامه. ولا يُكتم صوت أحد.`,
    others: 'في جدول الأعمال',
  },
  notNow: 'لم يُرسَل: لست متصلًا في هذه اللحظة.',
};
