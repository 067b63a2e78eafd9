/** The reading page with Cornerstone3D is a chunk of its own: fetched ahead while the worklist idles. */
export const loadReadingPage = () => import('./reading-page.tsx');
