/** Stands in for the Node modules that the codecs name and, in a browser, never call. */
export default {};
