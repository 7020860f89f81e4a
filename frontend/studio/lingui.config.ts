import { defineConfig } from "@lingui/cli";
import { formatter } from "@lingui/format-po";

// English text is the message id, so a source file reads as the screen does. Catalogues are compiled by `npm run build`.
export default defineConfig({
  sourceLocale: "en",
  locales: ["en", "zh", "fa"],
  catalogs: [
    { path: "<rootDir>/src/locales/{locale}", include: ["src"], exclude: ["src/locales/**", "**/*.test.ts"] },
  ],
  format: formatter({ lineNumbers: false, origins: true }),
  compileNamespace: "ts",
  orderBy: "messageId",
});
