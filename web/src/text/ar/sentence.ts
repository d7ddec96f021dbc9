import type { Messages } from '..';
import { plurals } from '../forms';

const plural = plurals('ar-u-nu-latn');

export const sentence: Messages['sentence'] = {
  joining: 'يجري ختم الغرفة. لا يُرسَل شيء بعد.',
  left: 'لقد غادرت. لا يُرسَل شيء.',
  sealed: 'مختومة.',
  team: 'غرفة خاصة بفريق.',
  alone: 'لا أحد غيرك هنا.',
  people: (count) =>
    plural(count, {
      zero: 'لا أحد.',
      one: 'شخص واحد.',
      two: 'شخصان.',
      few: '# أشخاص.',
      many: '# شخصًا.',
      other: '# شخص.',
    }),
  peopleOf: (people, delegations) => {
    const one = plural(people, {
      zero: 'لا أحد',
      one: 'شخص واحد',
      two: 'شخصان',
      few: '# أشخاص',
      many: '# شخصًا',
      other: '# شخص',
    });
    const two = plural(delegations, {
      zero: 'بلا وفود',
      one: 'وفد واحد',
      two: 'وفدان',
      few: '# وفود',
      many: '# وفدًا',
      other: '# وفد',
    });
    return `${one}، ${two}.`;
  },
  uncompared: 'لم تُقارَن بعد.',
  verified: 'تم التحقق من المفاتيح الأصلية.',
  differs: 'الكلمات مختلفة.',
  noRecording: 'لم يُعلَن عن أي تسجيل.',
  stopped: 'توقّف.',
  stoppedBecause: {
    fork: 'يعرض الخادم على الآخرين غرفة غير التي يعرضها عليك. لا يُرسَل شيء.',
    bad_record: 'لا يمكن فتح سجل هذه المحادثة برابطك. لا يُرسَل شيء.',
    replaced: 'أُخذ مقعدك في نافذة أخرى أو على جهاز آخر. لا يُرسَل شيء من هنا.',
    revoked: 'سُحب مقعدك، أو قرر الوفدان أن تغادر. لا يُرسَل شيء.',
    not_approved: 'تنقص مقعدك موافقة بحسب القواعد السارية الآن. لا يُرسَل شيء.',
    locked_out: 'أُقفلت الغرفة، ولست بين من يجوز لهم البقاء فيها. لا يُرسَل شيء.',
    room_ended: 'أنهى الوفدان هذه الغرفة. لا يُرسَل شيء.',
    ended: 'أنهى الوفدان المحادثة. لا يُرسَل شيء.',
    internal: 'تعطّل الختم على نحو لا ينبغي أن يحدث أبدًا. لا يُرسَل شيء.',
  },
  open: 'من يستطيع أن يسمعك',
};
