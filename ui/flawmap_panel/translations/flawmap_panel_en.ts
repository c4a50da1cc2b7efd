<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en" sourcelanguage="en">
<context>
    <name>FindingsPanel</name>
    <message numerus="yes">
        <source>%n finding(s) fail the check</source>
        <translation>
            <numerusform>%n finding fails the check</numerusform>
            <numerusform>%n findings fail the check</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>SendDialog</name>
    <message numerus="yes">
        <source>%n photo(s)</source>
        <translation>
            <numerusform>%n photo</numerusform>
            <numerusform>%n photos</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n could not be:</source>
        <translation>
            <numerusform>%n could not be:</numerusform>
            <numerusform>%n could not be:</numerusform>
        </translation>
    </message>
</context>
</TS>
