// The page that a survey's link leads to.
const byId = (id) => document.getElementById(id);
const address = `/public/api/v1/csat_survey/${location.pathname.split("/").at(-1)}`;

function star(number) {
  const label = document.createElement("label");
  const box = document.createElement("input");
  box.type = "radio";
  box.name = "rating";
  box.value = number;
  box.required = true;
  label.append(box, ` ${number}`);
  return label;
}
byId("stars").replaceChildren(...[1, 2, 3, 4, 5].map(star));

const shown = await fetch(address);
if (shown.ok) {
  const survey = await shown.json();
  byId("inbox").textContent = survey.inbox_name;
  byId("feedback").value = survey.csat_survey_response?.feedback_message ?? "";
  const chosen = document.querySelector(`input[value="${Number(survey.csat_survey_response?.rating) || 0}"]`);
  if (chosen) chosen.checked = true;
} else {
  byId("survey").hidden = true;
  byId("result").textContent = "There is no survey at this address.";
}

byId("survey").addEventListener("submit", async (event) => {
  event.preventDefault();
  const rating = Number(document.querySelector("input[name=rating]:checked").value);
  const answer = { csat_survey_response: { rating, feedback_message: byId("feedback").value } };
  const sent = await fetch(address, {
    method: "PUT",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ message: { submitted_values: answer } }),
  });
  byId("result").textContent = sent.ok ? "Thank you!" : "That didn't work. Please try again.";
});
