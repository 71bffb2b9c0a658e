"""The words that made-up customers are made of."""

FIRST_NAMES = (
    "Amelie", "Anton", "Birgit", "Carla", "Cem", "Daniela", "David", "Elena", "Emre", "Felix", "Greta", "Hanna",
    "Ida", "Jakob", "Jana", "Karim", "Katrin", "Lars", "Lea", "Leonie", "Luca", "Malte", "Marta", "Mila", "Nadia",
    "Nils", "Noah", "Olga", "Paul", "Petra", "Rafael", "Rosa", "Samir", "Selin", "Sofia", "Theo", "Ute", "Vera",
)  # fmt: skip
LAST_NAMES = (
    "Adler", "Bauer", "Becker", "Berg", "Brandt", "Costa", "Demir", "Dietrich", "Engel", "Falk", "Fuchs", "Graf",
    "Haas", "Hartmann", "Horn", "Jansen", "Kaya", "Keller", "Koch", "Kuhn", "Lang", "Lorenz", "Maier", "Moreau",
    "Novak", "Otto", "Peters", "Pohl", "Rossi", "Roth", "Sauer", "Schulz", "Seidel", "Simon", "Vogel", "Winter",
)  # fmt: skip
PLACES = (
    "Alster", "Birken", "Dorn", "Eichen", "Falken", "Fels", "Fjord", "Gipfel", "Hafen", "Heide", "Insel", "Kiefern",
    "Kliff", "Küsten", "Linden", "Mühlen", "Neckar", "Ost", "Quell", "Rhein", "Sonnen", "Stein", "Tal", "Ufer",
    "Wald", "Wiesen",
)  # fmt: skip
ENDINGS = ("berg", "blick", "bruck", "feld", "hof", "kamp", "licht", "mark", "tor", "werk")
INDUSTRIES = {
    "logistics": "Logistik",
    "health care": "Kliniken",
    "hospitality": "Hotels",
    "manufacturing": "Maschinenbau",
    "retail": "Handel",
    "energy": "Energie",
    "education": "Akademie",
    "insurance": "Versicherung",
    "construction": "Bau",
}
"""Industry and the word that a company of it carries in its name."""
LEGAL_FORMS = {"DE": "GmbH", "AT": "GmbH", "CH": "AG", "NL": "B.V.", "DK": "A/S"}
"""Country and its usual legal form."""
PRODUCTS = {"Planner": 180, "Planner Plus": 260, "Dispatch": 340, "Insight": 420}
"""Product and its list price, euros a seat and year."""
MANAGERS = ("Ines Albrecht", "Tom Reuter", "Yara Haddad", "Jonas Lindqvist", "Milena Petrova", "Oskar Brehm")
NOTES = (
    "Renewed twice without negotiation.",
    "Asked for references of our competitors at the last review.",
    "New head of operations since spring; introduce ourselves.",
    "Procurement insists on a two-year price lock.",
    "Would accept a price increase of up to 4 %.",
    "Champion left the company; relationship to be rebuilt.",
)
TICKETS = (
    ("Export stops after 10,000 rows", "Our monthly export ends after 10,000 rows. Could the limit be raised for us?"),
    ("New colleagues cannot sign in", "Three new colleagues get an error at their first sign-in. Please look into it."),
    ("Report shows last month twice", "The quarterly report lists last month twice since the update on Monday."),
    ("How do we archive old projects?", "We finished our pilot and want to archive it without losing the history."),
    ("Slow loading in the morning", "Between eight and nine the dashboard takes half a minute to load for everyone."),
    ("Thank you for the quick help", "Your answer solved it within the hour. The whole team was impressed."),
    ("Mobile app asks for the password daily", "The app on our tablets forgets the sign-in every night."),
    ("Single sign-on with a second domain", "After our merger we need single sign-on for a second mail domain."),
    ("Wrong time zone in reminders", "Reminders for our office in Lisbon arrive one hour late."),
    ("Training for the night shift", "Is there a recording of the introduction that the night shift could watch?"),
)
"""Subject and text of what customers write."""
