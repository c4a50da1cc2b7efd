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
<context>
    <name>StripBar</name>
    <message numerus="yes">
        <source>%n photo(s)</source>
        <translation>
            <numerusform>%n photo</numerusform>
            <numerusform>%n photos</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>Welcome</name>
    <message numerus="yes">
        <source>Open the %n photo(s) of &amp;last time</source>
        <translation>
            <numerusform>Open the photo of &amp;last time</numerusform>
            <numerusform>Open the %n photos of &amp;last time</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>Window</name>
    <message numerus="yes">
        <source>%n kept repair(s) are in no copy yet.</source>
        <translation>
            <numerusform>%n kept repair is in no copy yet.</numerusform>
            <numerusform>%n kept repairs are in no copy yet.</numerusform>
        </translation>
    </message>
</context>
</TS>
