import { TEXT } from '../design/text.ts';
import { changeLanguage } from './choice.ts';
import { language, SOURCE } from './language.ts';
import { TRANSLATIONS } from './offered.ts';

/** A language by the name that its speakers give it. */
function ownName(code: string): string {
  return new Intl.DisplayNames([code], { type: 'language' }).of(code) ?? code;
}

export function LanguageSelect() {
  return (
    <select
      className="field language-select"
      aria-label={TEXT.language}
      value={language()}
      data-testid="language"
      onChange={({ target }) => changeLanguage(target.value)}
    >
      {[SOURCE, ...TRANSLATIONS].map((code) => (
        <option key={code} value={code} lang={code}>
          {ownName(code)}
        </option>
      ))}
    </select>
  );
}
