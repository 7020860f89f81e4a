import { create } from "@bufbuild/protobuf";
import { DeadLetterSchema } from "@laurel/client/gen/laurel/v1/ingest_service_pb.js";
import { setupI18n } from "@lingui/core";
import { I18nProvider } from "@lingui/react";
import { MantineProvider } from "@mantine/core";
import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { describe, expect, it } from "vitest";
import { messages as en } from "../locales/en.ts";
import { messages as fa } from "../locales/fa.ts";
import { DeadLetterAbout } from "./DeadLetterAbout.tsx";

describe("a dead letter's row", () => {
  const ids = { userId: "u_1", contestId: "poison", originEventId: "e_7" };
  const letter = create(DeadLetterSchema, { reason: "division by zero", ...ids });
  it.each(["en", "fa"] as const)("has ids that can be copied as they are: %s", (locale) => {
    const i18n = setupI18n({ locale, messages: { en, fa } });
    const about = createElement(DeadLetterAbout, { letter });
    const shown = renderToStaticMarkup(
      createElement(I18nProvider, { i18n }, createElement(MantineProvider, null, about)),
    );
    for (const id of Object.values(ids)) expect(shown).toContain(`<bdi>${id}</bdi>`);
    expect(shown).not.toMatch(/[\u2066-\u2069]/);
  });
});
