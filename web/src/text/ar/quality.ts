import type { Messages } from '..';
import { isolate } from '../forms';

export const quality: Messages['quality'] = {
  mark: (name) => `اتصال ${isolate(name)}`,
  ownMark: 'اتصالك',
  own: {
    uplink: {
      fair: 'يفقد اتصالك بعض ما ترسله أو يؤخره.',
      poor: 'يفقد اتصالك كثيرًا مما ترسله. إيقاف الكاميرا يساعد صوتك.',
    },
    downlink: {
      fair: 'يفقد اتصالك بعض ما يصلك.',
      poor: 'يفقد اتصالك كثيرًا مما يصلك.',
    },
    device: {
      fair: 'جهازك مشغول فلا يستطيع إرسال صورة أفضل. إغلاق البرامج الأخرى يساعد.',
      poor: 'جهازك مشغول فلا يستطيع إرسال صورة أفضل. إغلاق البرامج الأخرى يساعد.',
    },
  },
  of: {
    uplink: {
      fair: (name) => `يفقد اتصال ${isolate(name)} بعض ما يرسله أو يؤخره.`,
      poor: (name) => `يفقد اتصال ${isolate(name)} كثيرًا مما يرسله.`,
    },
    downlink: {
      fair: (name) => `لا يصل كل شيء إلى ${isolate(name)}: يفقد اتصاله بعضه.`,
      poor: (name) => `قد لا يسمعك ${isolate(name)}: يفقد اتصاله الكثير.`,
    },
    device: {
      fair: (name) => `جهاز ${isolate(name)} مشغول فلا يستطيع إرسال صورة أفضل.`,
      poor: (name) => `جهاز ${isolate(name)} مشغول فلا يستطيع إرسال صورة أفضل.`,
    },
  },
};
