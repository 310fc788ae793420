/** The version in package.json; a test proves that they are the same. */
export const packageVersion = '0.1.0';
