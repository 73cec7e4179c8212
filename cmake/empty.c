/* A folder without sources yet still gives a library. */
typedef int segue_empty_unit;
