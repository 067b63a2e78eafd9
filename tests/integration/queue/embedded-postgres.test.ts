import { describeQueue } from './queue-contract.ts';

describeQueue('the embedded Postgres', undefined);
