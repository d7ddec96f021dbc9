export { text, type Messages } from '../text';
