/** A form's fields, kept through a reload until they were sent. What wasn't changed isn't kept. */
import { keepFields, readFields } from '../../state/draft';

export function draft<T extends object>(key: string, initial: T) {
  const untouched = JSON.stringify(initial);
  const fields = $state(readFields(sessionStorage, key, initial));
  let sent = false;
  $effect(() => {
    const now = JSON.stringify(fields);
    if (!sent) keepFields(sessionStorage, key, now === untouched ? undefined : JSON.parse(now));
  });
  return {
    fields,
    /** They were sent. */
    clear() {
      sent = true;
      keepFields(sessionStorage, key, undefined);
    },
  };
}
