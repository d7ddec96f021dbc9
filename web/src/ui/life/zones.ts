/** The reader's own zone and the second one, for every page of the talk. */
import { Zones } from '../../state/times';

export const zones = new Zones(localStorage);
