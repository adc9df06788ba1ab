// What every page has of its own accord without, and more comfortably with a script.
import { openEvidence } from "./evidence";
import { joinLinks } from "./links";
import { movePictures } from "./pictures";
import { printPages } from "./print";
import { suggestNames } from "./suggestions";
import { slideYears } from "./years";

suggestNames();
movePictures();
joinLinks();
printPages();
slideYears();
openEvidence();
