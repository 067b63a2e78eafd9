// Planted: core must not import platform, nor anybody else's library. The check fails unless both are found.
import pg from 'pg';
import { target } from '../platform/target.ts';

export const planted = [pg, target];
