"""The attributes of a subject that have fields of their own."""

COMMON_NAME = "2.5.4.3"
SERIAL_NUMBER = "2.5.4.5"
COUNTRY = "2.5.4.6"
LOCALITY = "2.5.4.7"
PROVINCE = "2.5.4.8"
STREET_ADDRESS = "2.5.4.9"
ORGANIZATION = "2.5.4.10"
ORGANIZATIONAL_UNIT = "2.5.4.11"
POSTAL_CODE = "2.5.4.17"

NAMED = frozenset(
    {
        COMMON_NAME,
        SERIAL_NUMBER,
        COUNTRY,
        LOCALITY,
        PROVINCE,
        STREET_ADDRESS,
        ORGANIZATION,
        ORGANIZATIONAL_UNIT,
        POSTAL_CODE,
    }
)
