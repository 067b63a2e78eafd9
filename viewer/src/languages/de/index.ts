import type { Dictionary } from '../dictionary.ts';
import { design } from './design.ts';
import { session } from './session.ts';

const GERMAN: Dictionary = { ...design, ...session };

export default GERMAN;
