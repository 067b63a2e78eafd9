import { startNotifications } from '#delivery/notifications/start-notifications.ts';
import { connectDatabase } from '#platform/database/connect.ts';
import { createLogger } from '#platform/logger/logger.ts';
import { settingsFor } from '#tests/support/notifications.ts';

/** A process that sends notifications of the rules given, until it is killed: database URL, rules as JSON. */
const [databaseUrl = '', rules = '[]'] = process.argv.slice(2);
startNotifications({
  database: connectDatabase(databaseUrl, { poolSize: 2 }),
  settings: settingsFor(JSON.parse(rules)),
  logger: createLogger({ level: 'silent', process: 'test' }),
});
