import { storedLanguage } from './languages/choice.ts';
import { chooseLanguage, language, SOURCE, speak } from './languages/language.ts';
import { loadDictionary, TRANSLATIONS } from './languages/offered.ts';
import './design/tokens.css';
import './design/base.css';
import './design/components.css';
import './design/shell.css';

/** Texts are in their language from the moment they are imported: nothing that has one may come before its words. */
async function start(): Promise<void> {
  const chosen = chooseLanguage(TRANSLATIONS, storedLanguage(), navigator.languages);
  try {
    speak(chosen, await loadDictionary(chosen));
  } catch {
    // A page in English is worth more than none.
    speak(SOURCE, null);
  }
  document.documentElement.lang = language();
  const { showPage } = await import('./start.tsx');
  showPage();
}

void start();
