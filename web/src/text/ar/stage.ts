import type { Messages } from '..';
import { isolate, plurals } from '../forms';

const plural = plurals('ar-u-nu-latn');

export const stage: Messages['stage'] = {
  view: 'العرض',
  layout: 'ترتيب الصور',
  views: { auto: 'تلقائي', grid: 'شبكة', speaker: 'المتحدث كبيرًا' },
  self: 'صورتي',
  selves: { shown: 'مع الآخرين', small: 'صغيرة في الزاوية', hidden: 'مخفية عني' },
  pin: (name) => `إبقاء ${isolate(name)} كبيرًا`,
  unpin: (name) => `إلغاء إبقاء ${isolate(name)} كبيرًا`,
  large: 'معروض كبيرًا',
  rest: (count) =>
    plural(count, {
      zero: 'لا أحد سواهم',
      one: 'شخص آخر',
      two: 'شخصان آخران',
      few: '# أشخاص آخرون',
      many: '# شخصًا آخر',
      other: '# شخص آخر',
    }),
  full: 'ملء الشاشة',
  fullEnd: 'إنهاء ملء الشاشة',
  picture: 'نافذة صغيرة',
  pictureEnd: 'إغلاق النافذة الصغيرة',
  inWindow: 'الصور معروضة في النافذة الصغيرة.',
  more: 'المزيد',
  deafen: 'إيقاف كل الأصوات',
  undeafen: 'إعادة الصوت',
  deaf: 'لا تسمع أحدًا ولا يسمعك أحد.',
  pushToTalk: 'اضغط لتتكلم',
  pushToTalkHint: 'يعمل الميكروفون فقط ما دمت ضاغطًا على زره أو على مفتاح المسافة.',
  hold: 'اضغط باستمرار لتتكلم',
  talking: 'تُسمَع ما دمت ضاغطًا.',
  tell: 'أخبرني عندما',
  announce: {
    joins: 'يدخل أحد أو يغادر',
    hands: 'يرفع أحد يده أو يتفاعل',
    chat: 'يكتب أحد رسالة',
  },
};
