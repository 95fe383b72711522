/** The pictures of the next question: chosen, pasted or dropped. */
import { make } from "./dom.mjs";
import { label, text } from "./language.mjs";

const TYPES = ["image/png", "image/jpeg", "image/webp", "image/gif"];

/** What a request of 20 MB has room for, in base64 and beside its text. */
const MOST_MB = 14;

export class Pictures {
  #list;
  #pictures = [];
  #complain;

  /** `list` shows them, `complain` is told in words what cannot be taken. */
  constructor(list, complain) {
    this.#list = list;
    this.#complain = complain;
  }

  /** Has the pictures of `zone` taken: what is pasted there or dropped on it, and chosen by `input`. */
  from(zone, input) {
    const isOver = (over) => zone.classList.toggle("over", over);
    zone.addEventListener("paste", (event) => {
      if (event.clipboardData.files.length === 0 || isTable(event.clipboardData)) return;
      event.preventDefault();
      this.#add(event.clipboardData.files);
    });
    zone.addEventListener("dragover", (event) => isOver(hasFiles(event)));
    zone.addEventListener("dragleave", () => isOver(false));
    zone.addEventListener("drop", (event) => {
      isOver(false);
      this.#add(event.dataTransfer.files);
    });
    // Beside the zone the browser would open the file in place of the page, and the conversation was gone.
    for (const type of ["dragover", "drop"]) document.addEventListener(type, (event) => hasFiles(event) && event.preventDefault());
    input.addEventListener("change", () => {
      this.#add(input.files);
      input.value = "";
    });
  }

  /** What has been taken, as data URLs; there are none then. */
  take() {
    const taken = this.#pictures;
    this.#pictures = [];
    this.#draw();
    return taken.map(({ url }) => url);
  }

  get count() {
    return this.#pictures.length;
  }

  async #add(files) {
    for (const file of [...files]) {
      if (!TYPES.includes(file.type)) this.#complain(text("pictureType", file.name));
      else if (file.size > MOST_MB << 20) this.#complain(text("pictureSize", file.name, MOST_MB));
      else this.#pictures.push({ name: file.name, url: await dataUrl(file) });
    }
    this.#draw();
  }

  #draw() {
    this.#list.hidden = this.#pictures.length === 0;
    this.#list.replaceChildren(...this.#pictures.map((picture) => this.#thumb(picture)));
  }

  #thumb(picture) {
    const button = label(make("button", { type: "button", textContent: "×" }), "removeOf", picture.name);
    button.addEventListener("click", () => {
      this.#pictures = this.#pictures.filter((other) => other !== picture);
      this.#draw();
    });
    return make("li", {}, make("img", { src: picture.url, alt: picture.name }), button);
  }
}

/** What office programs copy: formatted text, and beside it a picture of that. */
const isTable = ({ types }) => types.includes("text/plain") && types.includes("text/html");

const hasFiles = ({ dataTransfer }) => dataTransfer.types.includes("Files");

const dataUrl = (file) =>
  new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
