"""The words of the demonstration documents. Companies, people, patents and figures are invented."""

from __future__ import annotations

MEMO = (
    (
        "1. Question and short answer",
        (
            "You asked whether the prior art that Brightfall Displays has cited in its letter of 2 October"
            " puts claim 1"
            " of EP 9 000 582 B1 (the '582 patent) at risk, and what that means for the terms the group can"
            " hold to.",
            "In short: the Halvorsen application (D1) does not disclose the edge seal and does not destroy"
            " novelty. The"
            " combination of D1 with the Tamarind data sheet (D3) is a serious attack on inventive step"
            " against claim 1"
            " as granted. Claim 4 should survive it. We put the chance that claim 1 is upheld as granted at"
            " 55 to 60 per"
            " cent, and the chance that claim 4 is upheld at about 80 per cent.",
        ),
    ),
    (
        "2. The patent and the letter",
        (
            "The '582 patent protects a colour conversion film whose edge is closed by a seal of a named"
            " hardness."
            " Claim 1 asks for the seal; claim 4 adds that the seal reaches at least 0.5 mm under the upper"
            " barrier"
            " sheet. The priority date is 21 January 2011. Opposition was not filed; validity can now be"
            " attacked only"
            " by a revocation action or a counterclaim.",
            "Brightfall's letter cites four documents and says that it will “reconsider its position” if"
            " the group"
            " withdraws the '582 patent from the offer. We read this as an invitation to trade and not as a"
            " settled view"
            " of the law. The letter does not mention claim 4 at all.",
        ),
    ),
    (
        "3. What the documents show",
        (
            "<b>D1 (Halvorsen, published 11 June 2009).</b> A film with converting particles between two"
            " barrier sheets."
            " Paragraph [0052] mentions that the edges “may be closed”, without saying how. Figure 6 shows"
            " an open edge.",
            "<b>D2 (Ostrava thesis, 2010).</b> Measures the loss of brightness from the edge inwards, 1.2"
            " mm in 1 000"
            " hours. It states the problem but offers no remedy. Whether it was available to the public"
            " before the"
            " priority date depends on the library's accession record, which we have asked for.",
            "<b>D3 (Tamarind Coatings, data sheet TC-40).</b> An adhesive for sealing the edges of"
            " laminated films. The"
            " sheet bears no date; Brightfall relies on a distributor's catalogue of 2011. The date will be"
            " contested.",
        ),
    ),
    (
        "4. What our own people say",
        (
            "We spoke to the two inventors and to the former head of the coating line. Their accounts agree"
            " on the order"
            " of events and disagree on one point that matters.",
            "Dr. Ingrid Solheim (ingrid.solheim@borealis.example, +47 555 0142) recalls that the sealing"
            " trials began in"
            " October 2010 after a customer complaint, and that nobody in the team knew TC-40 at that time."
            " Her notebook"
            " no. 14, pages 22 to 31, supports the date.",
            "Marek Dvorsky (m.dvorsky@borealis.example, +420 555 0177), who left the company in 2016 and"
            " now lives at"
            " 8 Orchard Row, Dunmore, believes that a sales engineer of Tamarind left samples of “a yellow"
            " edge"
            " adhesive” with him in the summer of 2010. If that was TC-40, and if the visit was not"
            " confidential, D3"
            " would be prior art by use. He has asked that his address be kept out of the file.",
            "Leila Haddad (l.haddad@borealis.example, +1 202 555 0119) was on sick leave from May to"
            " November 2010 and"
            " cannot speak to either account.",
        ),
    ),
    (
        "5. Assessment",
        (
            "Starting from D1, the objective problem is to keep moisture from the edge of the film. A"
            " skilled person who"
            " looked for an edge adhesive before the priority date would have found D3, if D3 was public."
            " The decisive"
            " questions are therefore of fact and not of law: the date of the data sheet and the nature of"
            " the visit"
            " that Mr. Dvorsky remembers.",
            "We advise against a declaration by Mr. Dvorsky at this stage. We advise in favour of a"
            " limitation to claim"
            " 4 as first auxiliary request, and of asking for the Ostrava accession record before the reply"
            " is filed on"
            " 19 December.",
        ),
    ),
    (
        "6. Consequence for the terms",
        (
            "The group's opening position of 1.85 % of the net module price assumed that claim 1 of the"
            " '582 patent"
            " stands. With claim 4 alone, design-arounds cost Brightfall an estimated EUR 0.42 a module"
            " against EUR 0.29"
            " for the rate of 1.10 % at the present module price of EUR 26.40. We would not go below 0.95 %.",
            "Borealis itself paid Tamarind a rate of 0.60 % under the agreement of 2018; that figure is"
            " confidential to"
            " both sides and must not reach the business people of the other participants. The same holds"
            " for the"
            " volume of 3.4 million square metres on which the minimum royalty was calculated.",
        ),
    ),
    (
        "7. What Brightfall will do next",
        (
            "We expect a revocation action within two months of our reply, because Brightfall needs a"
            " pending action"
            " to ask for a stay. A stay would cost the group about a year. The court has granted it in four"
            " of eleven"
            " comparable cases that we found; in all four the attack was on novelty, which is not the case"
            " here.",
            "Brightfall may also approach one participant alone. Section 7 of the common-interest agreement"
            " obliges"
            " whoever is approached to tell counsel of the others within five days, without the figures.",
        ),
    ),
    (
        "8. Privilege and handling",
        (
            "This memorandum is a communication between attorney and client. It may be shown to counsel of"
            " the other"
            " participants under the common-interest agreement of 4 February, with sections 4 and 6"
            " redacted: section 4"
            " because it holds personal data that nobody outside Borealis needs, section 6 because it holds"
            " a rate and"
            " a volume that competitors must not exchange.",
            "Please do not forward it by mail. Ms. Haddad's absence is health information within the"
            " meaning of Article"
            " 9 of the General Data Protection Regulation and is to be left out of every copy that leaves"
            " the company.",
        ),
    ),
    (
        "9. Next steps",
        (
            "(a) Obtain the accession record of the thesis: Ms. Okafor, by 28 November.",
            "(b) Second talk with Dr. Solheim on notebook no. 14: Mr. Lindqvist, by 1 December.",
            "(c) Draft of the auxiliary request: Ms. Okafor, by 5 December.",
            "(d) Decision of the group on the floor of 0.95 %: meeting of 9 December, counsel only.",
        ),
    ),
)

CHRONOLOGY = (
    ("Date", "Event", "Source"),
    ("11 June 2009", "Publication of D1", "Register"),
    (
        "Summer 2010",
        "Visit of the Tamarind sales engineer, as Mr. Dvorsky remembers it",
        "Talk of 5 November",
    ),
    ("14 October 2010", "First sealing trial at Borealis", "Notebook no. 14, p. 22"),
    ("21 January 2011", "Priority date of the '582 patent", "Register"),
    ("March 2011", "Distributor's catalogue with the entry TC-40", "D4, p. 61"),
    ("2 October", "Letter of Brightfall Displays", "File 582/9"),
    ("19 December", "Reply due", "Calendar"),
)

MATRIX = (
    "Licensee | Agreement | '417 | '582 | '733 | Field | Territory | Rate | Ends | Notes",
    "Tamarind Coatings | 3 Mar 2018 | – | yes | – | Films | Worldwide | 0.60 % | 2 Mar 2028 |"
    " Cross-licence; minimum EUR 180 000 a year",
    "Quillon Display Works | 17 Sep 2019 | yes | yes | – | Television | EU, UK | 1.10 % | 16 Sep 2027 |"
    " Most-favoured clause, section 6.2",
    "Verity Panel Co. | 8 Jan 2020 | yes | – | yes | Monitors | Worldwide | EUR 0.31 a unit | 7 Jan 2030 |"
    " Audit right used in 2023",
    "Halcyon Screens | 22 Jun 2020 | yes | yes | yes | All | EU, US, JP | 1.75 % | Expiry | Settlement;"
    " release until 31 May 2020",
    "Mistral Optronics | 11 Nov 2021 | – | – | yes | Automotive | Worldwide | EUR 0.88 a unit | 10 Nov 2026"
    " | Renewal talks open",
    "Orrery Television | 2 May 2022 | yes | – | – | Television | US | 1.25 % | 1 May 2029 | Sub-licence to"
    " one affiliate",
    "Peregrine Glass | 30 Aug 2022 | – | yes | – | Films | EU | EUR 1.2 m, lump sum | 29 Aug 2027 | Paid in full",
    "Sable Instruments | 14 Feb 2023 | yes | yes | – | Medical | Worldwide | 2.40 % | Expiry | Field of use narrow",
    "Tern Mobile | 6 Oct 2023 | – | – | yes | Handheld | Worldwide | EUR 0.06 a unit | 5 Oct 2031 | Cap EUR"
    " 900 000 a year",
    "Brightfall Displays | none | asserted | asserted | asserted | – | – | – | – | Letter of 2 October; see memorandum",
)

REPORT = (
    (
        "1. Purpose",
        "To measure, on two modules BF-55X bought on the open market, how the drive of a backlight zone"
        " depends on the"
        " zones around it, and to record the measurement so that a third party can repeat it.",
    ),
    (
        "2. Samples and instruments",
        "Samples S-04 and S-05 were received sealed, unpacked on camera and kept under lock between"
        " sessions; the"
        " chain of custody is on form CK-CoC-07. Before each session the modules ran for 60 minutes at a"
        " grey of 50 %."
        " Ambient temperature was 23.0 ± 0.5 °C.",
    ),
    (
        "3. Method",
        "A test pattern lights one zone at half drive. The four adjacent zones are stepped from dark to"
        " full drive in"
        " eleven steps. At each step the channel current of the middle zone is read over 100 frames with a"
        " current"
        " probe, and the luminance above its centre with a spot meter at 500 mm. Every series was run three"
        " times; the"
        " table gives the mean, and the standard uncertainty with a coverage factor of 2.",
    ),
    (
        "4. Result",
        "The channel current of the middle zone falls as its neighbours become brighter, by 11.4 % at full"
        " drive for"
        " sample S-04 and by 10.9 % for sample S-05. The luminance above the middle zone stays within 1.3 %"
        " of its"
        " start. With the memory records of the zone set to zero the current no longer changes and the"
        " luminance rises"
        " by 12.8 %. The correction is therefore made in the module and is taken from the records.",
    ),
    (
        "5. Limits",
        "This copy holds pages 1 and 2; pages 3 to 11 (tables 2 to 7, figures 3 to 5, single readings) are"
        " filed with the"
        " log book. Two samples of one production month were measured. Nothing is said about modules with"
        " later"
        " firmware. The"
        " figures hold for a frame rate of 60 a second; other rates were not tried.",
    ),
)

SCAN_LINES = (
    "CHAIN OF CUSTODY RECORD                       Form CK-CoC-07",
    "",
    "Item          One display module, BF-55X, boxed, seal intact",
    "Serial no.    5X-0411-20873           Our mark   S-04",
    "Bought at     Harrowgate Electrics, 14 Mill Lane, Dunmore",
    "Receipt no.   88-20417                Price paid EUR 212.00",
    "",
    "Date / time        Released by        Received by        Purpose",
    "12 Mar  10:40      shop counter       T. Abernathy       purchase",
    "12 Mar  15:15      T. Abernathy       store room 2       lock-up",
    "18 Mar  09:05      store room 2       R. Castellan       teardown",
    "22 Mar  17:50      R. Castellan       store room 2       lock-up",
    "02 Apr  08:30      store room 2       courier (seal 117) to Borealis",
    "04 Apr  11:20      courier            I. Solheim         testing",
    "",
    "Seal 117 was whole on arrival.  Box reopened on camera, file 0404-A.",
    "",
    "Remarks: foil on the back torn on unpacking (see photo 3).",
    "Contact: t.abernathy@cassini.example   tel. 555 0163",
    "",
    "Signed   T. Abernathy                 Witness   R. Castellan",
)
