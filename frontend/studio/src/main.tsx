import "@mantine/core/styles.css";
import "@mantine/notifications/styles.css";
import "@mantine/spotlight/styles.css";
import "./ui/studio.css";
import { createTransport } from "@laurel/client";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { activateLocale, preferredLocale } from "./i18n.ts";
import { createStudio, StudioRooms } from "./studio.tsx";

async function start(): Promise<void> {
  const place = document.getElementById("root");
  if (place === null) throw new Error("index.html has no element with id root");
  const studio = createStudio(createTransport());
  await activateLocale(preferredLocale());
  createRoot(place).render(
    <StrictMode>
      <StudioRooms studio={studio} />
    </StrictMode>,
  );
}

void start();
