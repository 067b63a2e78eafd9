const STORE = 'radtriage.language';

/** What the reader chose in this browser, if anything. */
export function storedLanguage(): string | null {
  return localStorage.getItem(STORE);
}

/** Speaks another language from now on. The page loads anew; drafts and the session outlive that. */
export function changeLanguage(language: string): void {
  localStorage.setItem(STORE, language);
  window.location.reload();
}
