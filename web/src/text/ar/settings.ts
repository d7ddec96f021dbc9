import type { Messages } from '..';
import { isolate } from '../forms';

export const settings: Messages['settings'] = {
  heading: 'الإعدادات',
  camera: 'الكاميرا',
  microphone: 'الميكروفون',
  speaker: 'مكبّر الصوت',
  usual: 'ما يختاره النظام',
  unnamed: (number) => `الجهاز ${number}`,
  test: 'تشغيل نغمة',
  testing: 'ينبغي أن تسمع نغمة',
  testFailed: 'تعذّر تشغيل النغمة. اختر مكبّر صوت آخر.',
  flip: 'الكاميرا الأخرى',
  effects: 'الصوت والصورة',
  effect: {
    noiseSuppression: 'كتم الضوضاء',
    echoCancellation: 'إلغاء الصدى',
    autoGainControl: 'موازنة شدة الصوت',
    backgroundBlur: 'تمويه الخلفية',
  },
  language: 'اللغة',
  instead: {
    microphone: (lost, now) =>
      `فُصل الميكروفون ${isolate(lost)}. يُستخدم ${isolate(now)} بدلًا منه.`,
    camera: (lost, now) => `فُصلت الكاميرا ${isolate(lost)}. تُستخدم ${isolate(now)} بدلًا منها.`,
    speaker: (lost) => `فُصل مكبّر الصوت ${isolate(lost)}. يُستخدم ما يختاره النظام بدلًا منه.`,
  },
  back: (name) => `عاد ${isolate(name)} ويُستخدم من جديد.`,
  nameless: 'بلا اسم',
};
