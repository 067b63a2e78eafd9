import type { Dictionary } from '../dictionary.ts';

export const session: Pick<Dictionary, 'SESSION_TEXT'> = {
  SESSION_TEXT: {
    lead: 'Arbeitsliste für die radiologische Triage',
    username: 'Benutzername',
    password: 'Passwort',
    logIn: 'Anmelden',
    wrong: 'Benutzername oder Passwort ist falsch.',
    tooMany: 'Zu viele Versuche. Warten Sie eine Minute und versuchen Sie es dann erneut.',
    idleOut:
      'Sie wurden nach 15 Minuten ohne Aktivität abgemeldet. Entwürfe bleiben in diesem Tab erhalten.',
    idleTitle: 'Noch da?',
    idleDetail: 'In einer Minute werden Sie abgemeldet. Ihr Entwurf bleibt in diesem Tab erhalten.',
    stay: 'Angemeldet bleiben',
    intended:
      'Software für Forschung und Demonstration. Sie ordnet eine Arbeitsliste und markiert Befunde, über die eine Radiologin oder ein Radiologe urteilt; sie ist kein Medizinprodukt.',
    mainNavigation: 'Seiten',
  },
};
