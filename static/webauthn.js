// Passkeys: a form with data-passkey="create" or "get" asks the address of data-options what to ask the browser for, and is sent once
// the browser has answered.
(() => {
  const say = (form, text) => {
    const place = form.querySelector("[data-passkey-problem]");
    place.textContent = text;
    place.hidden = !text;
  };
  const words = (error) => {
    switch (error.name) {
      case "NotAllowedError":
        return "The browser got no passkey: it was cancelled, took too long, or there is none for this address. Try again.";
      case "InvalidStateError":
        return "This device or password manager has a passkey of your account already.";
      case "SecurityError":
        return "The browser refuses passkeys at this address. Open Seatbridge at the address that your operator set.";
    }
    return error.message || "The browser got no passkey. Try again.";
  };
  const ask = async (form) => {
    if (!window.PublicKeyCredential?.parseRequestOptionsFromJSON) {
      throw new Error("This browser has no passkeys at this address. They need a current browser, and https.");
    }
    const answer = await fetch(form.dataset.options, { method: "POST" });
    if (!answer.ok || answer.redirected) throw new Error("Seatbridge did not ask for a passkey. Load the page again, then try once more.");
    const options = await answer.json();
    return form.dataset.passkey === "create"
      ? navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })
      : navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
  };
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.dataset.passkey || form.elements.passkey.value) return;
    event.preventDefault();
    say(form, "");
    try {
      form.elements.passkey.value = JSON.stringify((await ask(form)).toJSON());
      form.submit();
    } catch (error) {
      say(form, words(error));
    }
  });
})();
