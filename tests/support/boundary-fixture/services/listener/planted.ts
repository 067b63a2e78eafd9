// Planted: services of the last row must not import each other.
import { target } from '../worklist/target.ts';

export const planted = target;
