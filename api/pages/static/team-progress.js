// Follows a job: shows how far it is, and loads the page again when it is over.
"use strict";
const box = document.querySelector("[data-events]");
if (box) {
  const words = box.querySelector("[data-words]");
  const said = box.querySelector("[data-said]");
  const state = document.querySelector("[data-state] .govuk-tag");
  const bar = box.querySelector("progress");
  const source = new EventSource(box.dataset.events);
  let last = words.textContent;
  source.addEventListener("progress", (event) => {
    const job = JSON.parse(event.data);
    const progress = job.progress || {};
    if (state && job.status === "running") state.textContent = "Under way";
    if (typeof progress.share === "number") bar.value = Math.round(100 * progress.share);
    if (progress.words && progress.words !== last) {
      last = progress.words;
      words.textContent = last;
      said.textContent = last;
    }
  });
  source.addEventListener("ended", () => {
    source.close();
    location.reload();
  });
}
