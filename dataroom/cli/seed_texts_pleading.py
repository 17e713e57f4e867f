"""The words of the demonstration's pleading. Companies, patents and figures are invented."""

from __future__ import annotations

PLEADING = (
    ("A.  THE PARTIES", (
        "The first claimant, Aldermoor Instruments, makes optical measuring equipment and is the proprietor"
        " of EP 9 000 417 B1 (“the ’417 patent”).",
        "The second claimant, Borealis Photonics, makes films for displays and is the proprietor of EP 9"
        " 000 582 B1 (“the ’582 patent”).",
        "The third claimant, Cassini Kinetics, makes driving circuits and is the proprietor of EP 9 000 733"
        " B1 (“the ’733 patent”).",
        "The claimants have agreed to enforce the three patents together. A copy of the agreement, from"
        " which terms that are not in issue have been removed, is Exhibit K-1.",
        "The defendant, Brightfall Displays, makes backlight modules and offers them for sale in the"
        " territory of this court.",
    )),
    ("B.  THE PATENTS IN SUIT", (
        "Each of the patents in suit is in force. Extracts from the register are Exhibits K-2 to K-4.",
        "Claim 1 of the ’417 patent is for a backlight assembly in which the drive of a zone is corrected"
        " by the light that reaches it from the zones around it.",
        "The skilled person is an engineer who develops backlights, with some years of practice in optics"
        " and access to a specialist in driving circuits.",
        "The skilled person reads the word “separate” in feature 1[b] in the light of paragraph [0031]: a"
        " wall of one third of the optical distance is sufficient.",
    )),
    ("C.  THE DEFENDANT’S MODULE", (
        "On 12 March an agent of the third claimant bought two modules BF-55X from a shop open to the"
        " public. They are specimens S-04 and S-05.",
        "The specimens were kept under seal until they were opened in the presence of two witnesses. The"
        " record of custody is Exhibit K-7.",
        "The module has 288 zones. Each of them has a driver channel of its own and can be driven"
        " independently of the others.",
        "A device on the timing board derives a drive value for each zone from the image data of each"
        " frame, and corrects it by the drive of the neighbouring zones.",
        "The correction is read from a table that is stored in the module. The tables of the two specimens"
        " differ, because they are measured for each unit.",
        "The defendant’s own guide for integrators describes the function as “neighbour leak correction”"
        " and recommends that it be left enabled. The guide is Exhibit K-9.",
    )),
    ("D.  INFRINGEMENT", (
        "The module has every feature of claim 1 of the ’417 patent. The claimants rely on the chart that"
        " is Exhibit K-11.",
        "In the alternative, feature 1[e] is realised by equivalent means, for the reasons given in the"
        " chart.",
        "By supplying the module with the guide the defendant supplies means relating to an essential"
        " element of the invention, knowing them to be suitable and intended for its use.",
        "No licence was granted to the defendant, and none was asked for before the claimants’ letter of 4"
        " September.",
        "By letter of 2 October the defendant denied infringement and asserted that the patents are"
        " invalid. It gave no measurement of its own.",
    )),
    ("E.  RELIEF", (
        "The claimants ask the court to order the defendant to cease from the acts complained of, to render"
        " accounts, and to pay damages to be assessed.",
        "They rely on the measurements in the schedules to this pleading, each of which was made under the"
        " protocol in Exhibit K-8.",
    )),
)  # fmt: skip

READING = (
    "Zone ({column}, {row}) of specimen {sample} was held at half drive and its four neighbours were raised"
    " in {steps} equal steps from dark to full drive.",
    "The channel current fell from {high:.2f} mA to {low:.2f} mA, that is by {fall:.1f} per cent. It"
    " returned to its first value within one frame when the neighbours were dimmed.",
    "The luminance above the middle of the zone stayed within {drift:.1f} per cent. The record of the zone"
    " in the memory of the module was then set to zero, and the current no longer changed.",
    "The reading is entered in log book 41, page {page}. The series was repeated {times} times; the figures"
    " are means.",
)  # fmt: skip
