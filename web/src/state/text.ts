/** The page's language. One catalogue for now; components take every word from here. */
import { en } from './en';

export type Messages = typeof en;

export const text: Messages = en;
