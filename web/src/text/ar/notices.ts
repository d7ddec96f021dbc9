import type { Messages } from '..';
import { isolate } from '../forms';
import { talk } from './talk';

const letter = (delegation: number) => [...talk.letters][delegation] ?? '?';
const one = (name: string | null | undefined) => (name ? isolate(name) : 'أحدهم');

export const notices: Messages['notices'] = {
  joined: ({ name, by }) => `دخل ${one(name)}.${by ? ` أدخله ${isolate(by)}.` : ''}`,
  removed: ({ name, by }) => `غادر ${one(name)}.${by ? ` دوّن ذلك ${isolate(by)}.` : ''}`,
  commit_refused: ({ by, rule }) => {
    if (rule === 'R-C5a') return `حاول ${one(by)} إجلاس شخص من دون موافقة جميع الأطراف. رُفض ذلك.`;
    if (rule === 'R-C5b') return `حاول ${one(by)} إجلاس شخص أُبعد أو سُحب مقعده. رُفض ذلك.`;
    if (rule === 'R-C5c') return `حاول ${one(by)} إجلاس شخص مع أن الغرفة مقفلة. رُفض ذلك.`;
    if (rule === 'R-C5d') return `حاول ${one(by)} استعمال دعوة واحدة لشخصين. رُفض ذلك.`;
    if (rule === 'R-C5') return `حاول ${one(by)} إجلاس شخص ليس له مقعد صحيح. رُفض ذلك.`;
    if (rule === 'R-C7') {
      return `حاول ${one(by)} تغيير ما تقوم عليه الغرفة من دون قرار من الطرفين. رُفض ذلك.`;
    }
    return `حاول ${one(by)} إجراء تغيير تمنعه القواعد. لا أثر له.`;
  },
  welcome_refused: () => 'أرسل أحدهم دعوة زائفة إلى هذه الغرفة. جرى تجاهلها.',
  complaint: ({ name }) => `لم يتمكن ${one(name)} من متابعة تغيير، وهو يدخل من جديد.`,
  reopened: () => 'أُعيد فتح الغرفة. الجميع يدخلون من جديد.',
  coming_back: () => 'غبت عن أنظار الآخرين. يجري إدخالك من جديد.',
  doubt: () => 'حالة الغرفة موضع شك. لن يُرسَل شيء حتى تتضح.',
  silent: ({ delegation }) =>
    `لم يعد يُسمع أحد من الوفد ${letter(delegation)}. لن يُرسَل شيء حتى يُسمعوا أو يغادروا.`,
  heard_again: ({ delegation }) => `لم يعد الوفد ${letter(delegation)} صامتًا. صوتك يصل من جديد.`,
  forged_sound: ({ name }) => `قيل شيء باسم ${isolate(name)} لم يقله. اسأله، ولا تعتمد على ذلك.`,
  chat_not_sent: ({ text }) => `لم تُرسَل: ${isolate(text)}`,
  server_refuses: () => 'يرفض الخادم ما تحتاج إليه الغرفة. تُعاد المحاولة.',
};
