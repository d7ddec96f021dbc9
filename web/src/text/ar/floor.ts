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
  notNow: 'لم يُرسَل: لست متصلًا في هذه اللحظة.',
};
